-- Booking of transfers and reservations. A function, since its statements each look anew: what is judged after the locks
-- are held is what is there then. In one statement it was read before, and each row looked at a second time under the lock.

create function platform.ledger_book(
    transfers uuid[],
    debit_accounts uuid[],
    credit_accounts uuid[],
    amounts bigint[],
    days date[],
    accounts uuid[],
    transfer_kind text,
    recorded timestamptz,
    out booked bigint,
    out refused_scope text,
    out limit_fen numeric,
    out used_fen numeric,
    out asked_fen numeric
)
language plpgsql
-- A ledger has few accounts at first, so the planner would read all of them, and that under the locks.
set enable_seqscan = off
-- The arrays' lengths make the planner plan each call anew, which takes longer than the booking.
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
    capped bigint;
begin
    -- Who waits for a capped account, as a batch on one budget line does, waits in one queue here, not at its row: there
    -- each change makes all that wait move on to the row's new version. A capped account changes under this lock alone.
    select count(pg_advisory_xact_lock(hashtextextended(c.id::text, 0)))
    into capped
    from (
        select id
        from platform.ledger_account
        where id = any(accounts) and cap <> 'NONE'
        order by id
        offset 0
    ) as c;
    -- The others in one order too; a single one cannot be waited for in a circle.
    if cardinality(accounts) - capped > 1 then
        perform
        from platform.ledger_account
        where id = any(accounts)
        order by id
        for no key update;
    end if;

    with asked as (
        select r.id, debit_account, credit_account, amount_fen, effective_on, place, d.ring
        from unnest(transfers, debit_accounts, credit_accounts, amounts, days) with ordinality
            as r (id, debit_account, credit_account, amount_fen, effective_on, place)
        join platform.ledger_account as d on d.id = debit_account
        join platform.ledger_account as c on c.id = credit_account
    ),
    wanted as (
        select account, sum(debit) as debit, sum(credit) as credit, min(place) as place
        from (
            select debit_account as account, amount_fen as debit, 0 as credit, place from asked
            union all
            select credit_account, 0, amount_fen, place from asked
        ) as leg
        group by account
    ),
    judged as (
        select
            a.scope,
            w.place,
            case a.cap when 'DEBITS' then a.credits_posted else a.debits_posted end
                + case when transfer_kind <> 'DIRECT' then 0 when a.cap = 'DEBITS' then w.credit else w.debit end
                as most,
            case a.cap when 'DEBITS' then a.debits_posted else a.credits_posted end
                + case a.cap when 'DEBITS' then a.debits_pending else a.credits_pending end as used,
            case a.cap when 'DEBITS' then w.debit else w.credit end as wish
        from wanted as w
        join platform.ledger_account as a on a.id = w.account
        where a.cap <> 'NONE'
    ),
    refused as (
        select scope, most, used, wish
        from judged
        where used + wish > most
        order by place
        limit 1
    ),
    entered as (
        insert into platform.ledger_transfer
            (id, kind, ring, debit_account, credit_account, amount_fen, effective_on, recorded_at)
        select id, transfer_kind, ring, debit_account, credit_account, amount_fen, effective_on, recorded
        from asked
        where not exists (select from refused)
        on conflict (id) do nothing
        returning debit_account, credit_account, amount_fen
    ),
    moved as (
        update platform.ledger_account as a
        set
            debits_pending = a.debits_pending + case when transfer_kind = 'PENDING' then m.debit else 0 end,
            debits_posted = a.debits_posted + case when transfer_kind = 'DIRECT' then m.debit else 0 end,
            credits_pending = a.credits_pending + case when transfer_kind = 'PENDING' then m.credit else 0 end,
            credits_posted = a.credits_posted + case when transfer_kind = 'DIRECT' then m.credit else 0 end
        from (
            select account, sum(debit)::bigint as debit, sum(credit)::bigint as credit
            from (
                select debit_account as account, amount_fen as debit, 0 as credit from entered
                union all
                select credit_account, 0, amount_fen from entered
            ) as leg
            group by account
        ) as m
        where a.id = m.account
    )
    select (select count(*) from entered), r.scope, r.most, r.used, r.wish
    into booked, refused_scope, limit_fen, used_fen, asked_fen
    from (values (1)) as one (row)
    left join refused as r on true;
end
$$;
comment on function platform.ledger_book is 'Locks the accounts of a batch, judges their caps, writes the transfers and moves the balances; one cap that refuses keeps all out.';
