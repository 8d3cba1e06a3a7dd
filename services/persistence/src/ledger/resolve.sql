-- Posts or voids reservations: $1 to $3 what is asked for, $4 the kind, $5 when it is recorded. `booked` counts `locked`
-- first: nothing is written before every lock is held. `offset 0` keeps the look-up by key: a plan made while the table
-- was small would read the whole of it for as long as it is cached.
with reserved as (
    select r.id, r.effective_on, p.id as pending_id, p.ring, p.debit_account, p.credit_account, p.amount_fen
    from unnest($1::uuid[], $2::uuid[], $3::date[]) as r (id, pending_id, effective_on)
    cross join lateral (
        select t.id, t.kind, t.ring, t.debit_account, t.credit_account, t.amount_fen, t.effective_on
        from platform.ledger_transfer as t
        where t.id = r.pending_id
        offset 0
    ) as p
    where p.kind = 'PENDING' and p.effective_on <= r.effective_on
),
touched as (
    select debit_account as id from reserved union select credit_account from reserved
),
-- The queue of ledger_book, before the rows here as there.
queued as materialized (
    select count(pg_advisory_xact_lock(hashtextextended(capped.id::text, 0))) as accounts
    from (
        select id
        from platform.ledger_account
        where id in (select id from touched) and cap <> 'NONE'
        order by id
        offset 0
    ) as capped
),
locked as (
    select id
    from platform.ledger_account
    where id in (select id from touched) and (select accounts from queued) >= 0
    order by id
    for no key update
),
booked as (
    insert into platform.ledger_transfer
        (id, kind, pending_id, ring, debit_account, credit_account, amount_fen, effective_on, recorded_at)
    select id, $4, pending_id, ring, debit_account, credit_account, amount_fen, effective_on, $5
    from reserved
    where (select count(*) from locked) > 0
    on conflict (pending_id) do nothing
    returning debit_account, credit_account, amount_fen
),
moved as (
    update platform.ledger_account as a
    set
        debits_pending = a.debits_pending - m.debit,
        debits_posted = a.debits_posted + case when $4 = 'POST' then m.debit else 0 end,
        credits_pending = a.credits_pending - m.credit,
        credits_posted = a.credits_posted + case when $4 = 'POST' then m.credit else 0 end
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
select count(*) as "booked!" from booked
