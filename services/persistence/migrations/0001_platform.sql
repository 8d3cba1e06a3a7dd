-- What every service with a database shares. Rows are never edited except where a column says so.
create schema if not exists platform;

create table platform.installation (
    singleton boolean not null default true,
    service text not null,
    feed_epoch uuid not null,
    feed_head bigint not null default 0,
    audit_head bigint not null default 0,
    open_day date,
    constraint installation_pkey primary key (singleton),
    constraint installation_one_row check (singleton)
);
comment on table platform.installation is 'One row: whose database this is and where its sequences stand.';
comment on column platform.installation.singleton is 'Always true; keeps the table to one row.';
comment on column platform.installation.service is 'Service that owns the database; another one refuses to start on it.';
comment on column platform.installation.feed_epoch is 'Epoch of the feed; a new one after a restore from backup.';
comment on column platform.installation.feed_head is 'Highest feed position given out; positions are 1, 2, 3 … without gaps.';
comment on column platform.installation.audit_head is 'Number of audit leaves sequenced; the next one gets this position.';
comment on column platform.installation.open_day is 'Day opened by AdvanceTo in a try-out suite; null in production.';

create table platform.idempotency (
    caller text not null,
    method text not null,
    request_id uuid not null,
    body_digest bytea not null,
    reply bytea,
    refusal jsonb,
    external_ref text not null default '',
    recorded_at timestamptz not null,
    constraint idempotency_pkey primary key (caller, method, request_id)
);
comment on table platform.idempotency is 'The final answer to each write; the same request gets the same bytes.';
comment on column platform.idempotency.caller is 'Agency, system and person of the caller.';
comment on column platform.idempotency.method is 'Full method name.';
comment on column platform.idempotency.request_id is 'The caller''s key.';
comment on column platform.idempotency.body_digest is 'SHA-256 of the request body; another body under the same key is refused.';
comment on column platform.idempotency.reply is 'Encoded reply, or for an imported row the resource name; null for a refusal.';
comment on column platform.idempotency.refusal is 'Stored refusal, repeated word for word; null for a reply.';
comment on column platform.idempotency.external_ref is 'Importer''s own reference of the row; empty when there is none.';
comment on column platform.idempotency.recorded_at is 'When it was answered (system clock).';
create index idempotency_refusals on platform.idempotency (recorded_at, request_id) where refusal is not null;

create table platform.audit (
    id uuid not null,
    position bigint,
    method text not null,
    agency text not null,
    person text not null,
    roles text[] not null,
    aggregate text not null,
    from_state text not null,
    to_state text not null,
    reason text not null,
    rule_version text not null,
    effective_on date not null,
    recorded_at timestamptz not null,
    leaf bytea not null,
    constraint audit_pkey primary key (id),
    constraint audit_position_key unique (position)
);
comment on table platform.audit is 'Every transition: who, what, from where to where, when and why.';
comment on column platform.audit.id is 'Id, UUIDv7.';
comment on column platform.audit.position is 'Position in the Merkle log, given by the sequencer after commit; null before.';
comment on column platform.audit.method is 'Full method name, or job/<name>.';
comment on column platform.audit.agency is 'Agency that acted.';
comment on column platform.audit.person is 'Person who acted; empty for the suite itself.';
comment on column platform.audit.roles is 'Roles that the caller held.';
comment on column platform.audit.aggregate is 'Name of the aggregate that changed.';
comment on column platform.audit.from_state is 'State before; empty for a new one.';
comment on column platform.audit.to_state is 'State after.';
comment on column platform.audit.reason is 'Reason code or words.';
comment on column platform.audit.rule_version is 'Version of the rule that decided; empty when none did.';
comment on column platform.audit.effective_on is 'Day from which it counts.';
comment on column platform.audit.recorded_at is 'When it was recorded (system clock).';
comment on column platform.audit.leaf is 'RFC 6962 leaf hash over the canonical form of the row.';
create index audit_unsequenced on platform.audit (recorded_at) where position is null;
create index audit_by_aggregate on platform.audit (aggregate, recorded_at);

create table platform.outbox (
    id uuid not null,
    position bigint,
    type text not null,
    schema_version integer not null,
    aggregate text not null,
    aggregate_version bigint not null,
    effective_on date not null,
    recorded_at timestamptz not null,
    traceparent text not null,
    agency text not null,
    payload bytea not null,
    constraint outbox_pkey primary key (id),
    constraint outbox_position_key unique (position)
);
comment on table platform.outbox is 'Events, written with the change they tell of.';
comment on column platform.outbox.id is 'Event id, UUIDv7.';
comment on column platform.outbox.position is 'Position in the feed, given by the sequencer after commit; null before.';
comment on column platform.outbox.type is 'Full name of the payload''s message.';
comment on column platform.outbox.schema_version is 'Version of that message''s meaning.';
comment on column platform.outbox.aggregate is 'Name of the aggregate that changed.';
comment on column platform.outbox.aggregate_version is 'Its version after the change; orders the events of one aggregate.';
comment on column platform.outbox.effective_on is 'Day from which the fact counts.';
comment on column platform.outbox.recorded_at is 'When it was recorded (system clock).';
comment on column platform.outbox.traceparent is 'W3C traceparent of the causing request; may be empty.';
comment on column platform.outbox.agency is 'Agency of the acting caller.';
comment on column platform.outbox.payload is 'Encoded message.';
create index outbox_unsequenced on platform.outbox (recorded_at) where position is null;

create table platform.log_hash (
    index bigint not null,
    hash bytea not null,
    constraint log_hash_pkey primary key (index)
);
comment on table platform.log_hash is 'Stored hashes of the Merkle log (RFC 6962), in storage order.';
comment on column platform.log_hash.index is 'Storage index of the hash.';
comment on column platform.log_hash.hash is 'SHA-256 hash, 32 bytes.';

create table platform.checkpoint (
    tree_size bigint not null,
    root bytea not null,
    note text not null,
    signed_at timestamptz not null,
    constraint checkpoint_pkey primary key (tree_size)
);
comment on table platform.checkpoint is 'Signed checkpoints of the Merkle log.';
comment on column platform.checkpoint.tree_size is 'Leaves that it covers.';
comment on column platform.checkpoint.root is 'Root hash.';
comment on column platform.checkpoint.note is 'Signed note (C2SP tlog-checkpoint).';
comment on column platform.checkpoint.signed_at is 'When it was signed (system clock).';

create table platform.lease (
    name text not null,
    holder uuid not null,
    expires_at timestamptz not null,
    constraint lease_pkey primary key (name)
);
comment on table platform.lease is 'Who may do work that only one process does at a time.';
comment on column platform.lease.name is 'Work, e.g. sequencer.';
comment on column platform.lease.holder is 'Process that holds it.';
comment on column platform.lease.expires_at is 'Until when (database clock); renewed while held. Updated in place.';

create table platform.cursor (
    producer text not null,
    epoch text not null,
    position bigint not null,
    constraint cursor_pkey primary key (producer)
);
comment on table platform.cursor is 'How far this service has applied another''s feed; moves in the transaction of the effect.';
comment on column platform.cursor.producer is 'Service that produces the feed.';
comment on column platform.cursor.epoch is 'Epoch seen; another one stops the consumer.';
comment on column platform.cursor.position is 'Last position applied, parked or skipped.';

create table platform.parked_event (
    producer text not null,
    position bigint not null,
    event_id uuid not null,
    aggregate text not null,
    envelope bytea not null,
    attempts integer not null,
    reason text not null,
    parked_at timestamptz not null,
    constraint parked_event_pkey primary key (producer, position)
);
comment on table platform.parked_event is 'Events that could not be applied, with the later ones of their aggregate.';
comment on column platform.parked_event.producer is 'Service that produced it.';
comment on column platform.parked_event.position is 'Its position in that feed.';
comment on column platform.parked_event.event_id is 'Its id.';
comment on column platform.parked_event.aggregate is 'Its aggregate.';
comment on column platform.parked_event.envelope is 'The encoded envelope.';
comment on column platform.parked_event.attempts is 'How often it was tried; 0 = parked behind another one.';
comment on column platform.parked_event.reason is 'Reason code of the last failure.';
comment on column platform.parked_event.parked_at is 'When it was parked (system clock).';
create index parked_event_by_aggregate on platform.parked_event (producer, aggregate, position);

create table platform.due_work (
    id uuid not null,
    kind text not null,
    key text not null,
    due_at timestamptz not null,
    not_before timestamptz not null,
    attempts integer not null default 0,
    done_at timestamptz,
    constraint due_work_pkey primary key (id)
);
comment on table platform.due_work is 'Work on a clock: dated rows that a leased job scans.';
comment on column platform.due_work.id is 'Id, UUIDv7.';
comment on column platform.due_work.kind is 'Which job does it.';
comment on column platform.due_work.key is 'What it is about, e.g. a payment line.';
comment on column platform.due_work.due_at is 'When it is due on the business axis; the job acts at this instant.';
comment on column platform.due_work.not_before is 'Not tried before this instant of the system clock (back-off). Updated in place.';
comment on column platform.due_work.attempts is 'How often it was tried. Updated in place.';
comment on column platform.due_work.done_at is 'When it was done (system clock); null = open.';
create index due_work_open on platform.due_work (kind, due_at) where done_at is null;
