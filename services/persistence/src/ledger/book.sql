-- Books a batch: lock, judge, write, move the balances. $1 to $5 the transfers, $6 their accounts, $7 the kind,
-- $8 when it is recorded. The arrays stand in sub-selects, which hide their length from the planner: so it keeps one
-- plan, instead of planning anew each time, which took longer than the work itself and that under the locks.
with asked as (
    select id, debit_account, credit_account, amount_fen, effective_on, place
    from unnest((select $1::uuid[]), (select $2::uuid[]), (select $3::uuid[]), (select $4::bigint[]),
                (select $5::date[])) with ordinality
        as r (id, debit_account, credit_account, amount_fen, effective_on, place)
),
-- Who waits for a capped account, as a batch on one budget line does, waits in one queue here, not at its row: there
-- each change makes all that wait move on to the row's new version, and twice as many wait twice as long.
queued as materialized (
    select count(pg_advisory_xact_lock(hashtextextended(capped.id::text, 0))) as accounts
    from (
        select id
        from platform.ledger_account
        where id = any((select $6::uuid[])::uuid[]) and cap <> 'NONE'
        order by id
        offset 0
    ) as capped
),
-- All accounts of the batch, in the one order. A locked row shows its newest version, so the caps are judged
-- on what is really there.
locked as (
    select id, ring, scope, cap, debits_pending, debits_posted, credits_pending, credits_posted
    from platform.ledger_account
    where id = any((select $6::uuid[])::uuid[]) and (select accounts from queued) >= 0
    order by id
    for no key update
),
allowed as (
    select a.id, a.debit_account, a.credit_account, a.amount_fen, a.effective_on, a.place, d.ring
    from asked as a
    join locked as d on d.id = a.debit_account
    join locked as c on c.id = a.credit_account
),
wanted as (
    select account, sum(debit) as debit, sum(credit) as credit, min(place) as place
    from (
        select debit_account as account, amount_fen as debit, 0 as credit, place from allowed
        union all
        select credit_account, 0, amount_fen, place from allowed
    ) as leg
    group by account
),
judged as (
    select
        l.scope,
        w.place,
        case l.cap when 'DEBITS' then l.credits_posted else l.debits_posted end
            + case when $7 <> 'DIRECT' then 0 when l.cap = 'DEBITS' then w.credit else w.debit end
            as limit_fen,
        case l.cap when 'DEBITS' then l.debits_posted else l.credits_posted end
            + case l.cap when 'DEBITS' then l.debits_pending else l.credits_pending end as used_fen,
        case l.cap when 'DEBITS' then w.debit else w.credit end as asked_fen
    from wanted as w
    join locked as l on l.id = w.account
    where l.cap <> 'NONE'
),
-- Reads all of `locked`, and `booked` reads this: nothing is written before every lock is held.
refused as (
    select scope, limit_fen, used_fen, asked_fen
    from judged
    where used_fen + asked_fen > limit_fen
    order by place
    limit 1
),
booked as (
    insert into platform.ledger_transfer
        (id, kind, ring, debit_account, credit_account, amount_fen, effective_on, recorded_at)
    select id, $7, ring, debit_account, credit_account, amount_fen, effective_on, $8
    from allowed
    where not exists (select from refused)
    on conflict (id) do nothing
    returning debit_account, credit_account, amount_fen
),
moved as (
    update platform.ledger_account as a
    set
        debits_pending = a.debits_pending + case when $7 = 'PENDING' then m.debit else 0 end,
        debits_posted = a.debits_posted + case when $7 = 'DIRECT' then m.debit else 0 end,
        credits_pending = a.credits_pending + case when $7 = 'PENDING' then m.credit else 0 end,
        credits_posted = a.credits_posted + case when $7 = 'DIRECT' then m.credit else 0 end
    from (
        select account, sum(debit)::bigint as debit, sum(credit)::bigint as credit
        from (
            select debit_account as account, amount_fen as debit, 0 as credit from booked
            union all
            select credit_account, 0, amount_fen from booked
        ) as leg
        group by account
    ) as m
    where a.id = m.account
)
select
    (select count(*) from booked) as "booked!",
    r.scope as "scope?",
    r.limit_fen::text as "limit_fen?",
    r.used_fen::text as "used_fen?",
    r.asked_fen::text as "asked_fen?"
from (values (1)) as one (row)
left join refused as r on true
