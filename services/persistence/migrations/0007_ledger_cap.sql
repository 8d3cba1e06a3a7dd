-- Booking without judging first: the caps are constraints of the accounts, so the balances are moved, and only who is
-- refused is told why. The judging took a tenth of the time under the lock.

create or replace function platform.ledger_book(
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

    begin
        -- The others in one order too; a single one cannot be waited for in a circle. Within the block, since a row that
        -- is locked outside and changed inside is marked by two.
        if cardinality(accounts) - capped > 1 then
            perform
            from platform.ledger_account
            where id = any(accounts)
            order by id
            for no key update;
        end if;

        with entered as (
            insert into platform.ledger_transfer
                (id, kind, ring, debit_account, credit_account, amount_fen, effective_on, recorded_at)
            select r.id, transfer_kind, d.ring, debit_account, credit_account, amount_fen, effective_on, recorded
            from unnest(transfers, debit_accounts, credit_accounts, amounts, days)
                as r (id, debit_account, credit_account, amount_fen, effective_on)
            join platform.ledger_account as d on d.id = debit_account
            join platform.ledger_account as c on c.id = credit_account
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
                from entered
                cross join lateral (
                    values (debit_account, amount_fen, 0), (credit_account, 0, amount_fen)
                ) as leg (account, debit, credit)
                group by account
            ) as m
            where a.id = m.account
        )
        select count(*) into booked from entered;
    exception
        when check_violation or numeric_value_out_of_range then
            -- Nothing of this block is written, and the capped accounts are locked from before it.
            with wanted as (
                select account, sum(debit) as debit, sum(credit) as credit, min(place) as place
                from unnest(transfers, debit_accounts, credit_accounts, amounts) with ordinality
                    as r (id, debit_account, credit_account, amount_fen, place)
                cross join lateral (
                    values (debit_account, amount_fen, 0), (credit_account, 0, amount_fen)
                ) as leg (account, debit, credit)
                join platform.ledger_account as d on d.id = debit_account
                join platform.ledger_account as c on c.id = credit_account
                where not exists (select from platform.ledger_transfer as t where t.id = r.id)
                group by account
            )
            select 0, scope, most, used, wish
            into booked, refused_scope, limit_fen, used_fen, asked_fen
            from wanted as w
            join platform.ledger_account as a on a.id = w.account
            cross join lateral (
                select
                    case a.cap when 'DEBITS' then a.credits_posted else a.debits_posted end
                        + case
                            when transfer_kind <> 'DIRECT' then 0
                            when a.cap = 'DEBITS' then w.credit
                            else w.debit
                        end as most,
                    case a.cap
                        when 'DEBITS' then a.debits_posted + a.debits_pending
                        else a.credits_posted + a.credits_pending
                    end as used,
                    case a.cap when 'DEBITS' then w.debit else w.credit end as wish
            ) as judged
            where a.cap <> 'NONE' and used + wish > most
            order by w.place
            limit 1;
            -- No cap was it.
            if not found then
                raise;
            end if;
    end;
end
$$;
comment on function platform.ledger_book is 'Locks the accounts of a batch, writes the transfers and moves the balances; a cap that is broken keeps all out and is told.';
