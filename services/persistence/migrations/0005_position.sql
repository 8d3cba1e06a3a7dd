-- Positions stand apart from what they number: to give one, the wide row and its indexes are not written anew. What
-- waits for its position stands in a queue, one row for each transaction. The servers of the build before must have
-- stopped: what they wrote after this, nobody would number, and verify would count it.

-- Nobody writes or numbers a row between the statements below.
lock table platform.installation, platform.outbox, platform.audit in access exclusive mode;

create table platform.unsequenced (
    turn bigint not null generated always as identity,
    size integer not null,
    events uuid[] not null,
    audits uuid[] not null,
    constraint unsequenced_pkey primary key (turn)
);
comment on table platform.unsequenced is 'What transactions wrote and the sequencer has not numbered yet; taken out as it is numbered.';
comment on column platform.unsequenced.turn is 'Given at the end of the transaction, while it holds the rows that it changed: of two changes of one aggregate, the later one has the higher turn.';
comment on column platform.unsequenced.size is 'How many events and audit rows.';
comment on column platform.unsequenced.events is 'Ids of its events, in their order.';
comment on column platform.unsequenced.audits is 'Ids of its audit rows, in their order.';

create table platform.outbox_position (
    position bigint not null,
    event_id uuid not null,
    constraint outbox_position_pkey primary key (position),
    constraint outbox_position_event_key unique (event_id)
);
comment on table platform.outbox_position is 'Where events stand in the feed. Checked by verify instead of a foreign key.';
comment on column platform.outbox_position.position is 'Position in the feed, given by the sequencer after commit.';
comment on column platform.outbox_position.event_id is 'The event.';

create table platform.audit_position (
    position bigint not null,
    audit_id uuid not null,
    constraint audit_position_pkey primary key (position),
    constraint audit_position_audit_key unique (audit_id)
);
comment on table platform.audit_position is 'Where audit rows stand in the Merkle log. Checked by verify instead of a foreign key.';
comment on column platform.audit_position.position is 'Position in the log, given by the sequencer after commit.';
comment on column platform.audit_position.audit_id is 'The audit row.';

insert into platform.outbox_position (position, event_id)
select position, id from platform.outbox where position is not null;

insert into platform.audit_position (position, audit_id)
select position, id from platform.audit where position is not null;

-- What waits now goes as one: events of an aggregate in the order of its versions, whatever the clocks said.
with waiting as (
    select coalesce((
               select array_agg(e.id order by e.settled_at, e.aggregate, e.aggregate_version, e.id)
               from (
                   select id, aggregate, aggregate_version,
                          max(recorded_at) over (partition by aggregate order by aggregate_version, id) as settled_at
                   from platform.outbox
                   where position is null
               ) as e
           ), '{}') as events,
           coalesce((
               select array_agg(id order by recorded_at, id) from platform.audit where position is null
           ), '{}') as audits
)
insert into platform.unsequenced (size, events, audits)
select cardinality(events) + cardinality(audits), events, audits
from waiting
where cardinality(events) + cardinality(audits) > 0;

alter table platform.outbox drop column position;
alter table platform.audit drop column position;

-- The key that differs comes first: found by one comparison, and not by those of two texts that most rows share.
alter table platform.idempotency
    drop constraint idempotency_pkey,
    add constraint idempotency_pkey primary key (request_id, caller, method);
