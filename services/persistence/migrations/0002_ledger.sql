-- Ledger: double entry with two-phase transfers, fenced by rings.

create table platform.ledger_account (
    id uuid not null,
    ring uuid not null,
    scope text not null,
    cap text not null,
    debits_pending bigint not null default 0,
    debits_posted bigint not null default 0,
    credits_pending bigint not null default 0,
    credits_posted bigint not null default 0,
    constraint ledger_account_pkey primary key (id),
    constraint ledger_account_ring_key unique (id, ring),
    constraint ledger_account_cap check (cap in ('NONE', 'DEBITS', 'CREDITS')),
    constraint ledger_account_not_negative check (
        debits_pending >= 0 and debits_posted >= 0 and credits_pending >= 0 and credits_posted >= 0
    ),
    constraint ledger_account_debits_capped check (
        cap <> 'DEBITS' or debits_posted + debits_pending <= credits_posted
    ),
    constraint ledger_account_credits_capped check (
        cap <> 'CREDITS' or credits_posted + credits_pending <= debits_posted
    )
);
comment on table platform.ledger_account is 'Accounts of the ledger with their balances, which move with each transfer.';
comment on column platform.ledger_account.id is 'Id, given by whoever opens it.';
comment on column platform.ledger_account.ring is 'What it is fenced into, e.g. a budget line: transfers stay within one ring.';
comment on column platform.ledger_account.scope is 'What its cap is called when it refuses, e.g. quota.';
comment on column platform.ledger_account.cap is 'DEBITS: debits, pending included, stay within posted credits; CREDITS: the reverse; NONE: uncapped.';
comment on column platform.ledger_account.debits_pending is 'Fen reserved and neither posted nor voided, debit side. Updated in place.';
comment on column platform.ledger_account.debits_posted is 'Fen posted, debit side. Updated in place.';
comment on column platform.ledger_account.credits_pending is 'Fen reserved and neither posted nor voided, credit side. Updated in place.';
comment on column platform.ledger_account.credits_posted is 'Fen posted, credit side. Updated in place.';

create table platform.ledger_transfer (
    id uuid not null,
    kind text not null,
    pending_id uuid,
    ring uuid not null,
    debit_account uuid not null,
    credit_account uuid not null,
    amount_fen bigint not null,
    effective_on date not null,
    recorded_at timestamptz not null,
    constraint ledger_transfer_pkey primary key (id),
    constraint ledger_transfer_pending_key unique (pending_id),
    constraint ledger_transfer_pending_fkey foreign key (pending_id) references platform.ledger_transfer (id),
    constraint ledger_transfer_debit_fkey
        foreign key (debit_account, ring) references platform.ledger_account (id, ring),
    constraint ledger_transfer_credit_fkey
        foreign key (credit_account, ring) references platform.ledger_account (id, ring),
    constraint ledger_transfer_kind check (kind in ('DIRECT', 'PENDING', 'POST', 'VOID')),
    constraint ledger_transfer_resolves check ((pending_id is not null) = (kind in ('POST', 'VOID'))),
    constraint ledger_transfer_two_accounts check (debit_account <> credit_account),
    constraint ledger_transfer_amount check (amount_fen > 0)
);
comment on table platform.ledger_transfer is 'Every movement of the ledger, append-only; balances are its sums.';
comment on column platform.ledger_transfer.id is 'Id, given by the caller; the same one books once.';
comment on column platform.ledger_transfer.kind is 'DIRECT: posted at once; PENDING: reserved; POST, VOID: what became of a reservation.';
comment on column platform.ledger_transfer.pending_id is 'The reservation that a POST or VOID resolves; one resolution each.';
comment on column platform.ledger_transfer.ring is 'Ring of both accounts; the composite keys make any other impossible.';
comment on column platform.ledger_transfer.debit_account is 'Account debited.';
comment on column platform.ledger_transfer.credit_account is 'Account credited.';
comment on column platform.ledger_transfer.amount_fen is 'Fen moved, above zero.';
comment on column platform.ledger_transfer.effective_on is 'Day from which it counts.';
comment on column platform.ledger_transfer.recorded_at is 'When it was recorded (system clock).';
create index ledger_transfer_debits on platform.ledger_transfer (debit_account, effective_on);
create index ledger_transfer_credits on platform.ledger_transfer (credit_account, effective_on);

create view platform.ledger_leg as
    select
        debit_account as account,
        effective_on,
        case kind when 'PENDING' then amount_fen when 'DIRECT' then 0 else -amount_fen end as debits_pending,
        case when kind in ('DIRECT', 'POST') then amount_fen else 0 end as debits_posted,
        0::bigint as credits_pending,
        0::bigint as credits_posted
    from platform.ledger_transfer
    union all
    select
        credit_account,
        effective_on,
        0::bigint,
        0::bigint,
        case kind when 'PENDING' then amount_fen when 'DIRECT' then 0 else -amount_fen end,
        case when kind in ('DIRECT', 'POST') then amount_fen else 0 end
    from platform.ledger_transfer;
comment on view platform.ledger_leg is 'What each transfer does to each of its two accounts; a balance is the sum of its legs.';
comment on column platform.ledger_leg.account is 'Account that it moves.';
comment on column platform.ledger_leg.effective_on is 'Day from which it counts.';
comment on column platform.ledger_leg.debits_pending is 'Change of the account''s pending debits, in fen.';
comment on column platform.ledger_leg.debits_posted is 'Change of its posted debits, in fen.';
comment on column platform.ledger_leg.credits_pending is 'Change of its pending credits, in fen.';
comment on column platform.ledger_leg.credits_posted is 'Change of its posted credits, in fen.';
