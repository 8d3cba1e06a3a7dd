-- Writes what a transaction has collected. $1 to $4 its key and reply (no key: nothing is answered), $5 when it is
-- recorded, $6 to $8 who acted, $9 to $16 audit rows, $17 to $24 events, $25 to $28 dated work.
with answered as (
    update platform.idempotency
    set reply = $4
    where caller = $1 and method = $2 and request_id = $3
),
audited as (
    insert into platform.audit
        (id, method, agency, person, roles, aggregate, from_state, to_state, reason, rule_version, effective_on,
         recorded_at, leaf)
    select r.id, $2, $6, $7, $8, r.aggregate, r.from_state, r.to_state, r.reason, r.rule_version, r.effective_on,
           $5, r.leaf
    from unnest($9::uuid[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::date[],
                $16::bytea[])
        as r (id, aggregate, from_state, to_state, reason, rule_version, effective_on, leaf)
),
told as (
    insert into platform.outbox
        (id, type, schema_version, aggregate, aggregate_version, effective_on, recorded_at, traceparent, agency,
         payload)
    select r.id, r.type, $18, r.aggregate, r.aggregate_version, r.effective_on, $5, $19, $6, r.payload
    from unnest($17::uuid[], $20::text[], $21::text[], $22::bigint[], $23::date[], $24::bytea[])
        as r (id, type, aggregate, aggregate_version, effective_on, payload)
),
queued as (
    insert into platform.unsequenced (size, events, audits)
    select cardinality($17::uuid[]) + cardinality($9::uuid[]), $17::uuid[], $9::uuid[]
    where cardinality($17::uuid[]) + cardinality($9::uuid[]) > 0
)
insert into platform.due_work (id, kind, key, due_at, not_before)
select r.id, r.kind, r.key, r.due_at, $5
from unnest($25::uuid[], $26::text[], $27::text[], $28::timestamptz[]) as r (id, kind, key, due_at)
