-- Who an organisation or person is, what it holds, whether it is in good standing; reference data of the suite.
-- Days are local days of the suite's zone. Rows are append-only except for columns that say "Updated in place".
create schema if not exists registry;

create table registry.subject (
    id uuid not null,
    kind text not null,
    uscc text,
    title text not null,
    title_cipher bytea,
    title_key_id text,
    title_blind bytea not null,
    area_code text not null,
    established_on date,
    registered_capital_fen bigint not null,
    staff integer not null,
    first_loan_record boolean not null,
    located_in_city boolean not null,
    is_pilot_unit boolean not null,
    version bigint not null,
    recorded_at timestamptz not null,
    constraint subject_pkey primary key (id),
    constraint subject_uscc_key unique (uscc),
    constraint subject_kind check (
        kind in ('ENTERPRISE', 'UNIVERSITY', 'RESEARCH_INSTITUTE', 'ADMIN_UNIT', 'PERSON')
    ),
    constraint subject_person_has_no_code check ((kind = 'PERSON') = (uscc is null)),
    constraint subject_person_name_encrypted check (
        (kind = 'PERSON') = (title_cipher is not null) and (kind = 'PERSON') = (title = '')
    ),
    constraint subject_not_negative check (registered_capital_fen >= 0 and staff >= 0)
);
comment on table registry.subject is 'Organisations by unified social credit code, and persons.';
comment on column registry.subject.id is 'Id, UUIDv7; the resource is sub_<id>.';
comment on column registry.subject.kind is 'ENTERPRISE, UNIVERSITY, RESEARCH_INSTITUTE, ADMIN_UNIT or PERSON.';
comment on column registry.subject.uscc is 'Unified social credit code, 18 characters; null for persons.';
comment on column registry.subject.title is 'Registered name of an organisation; empty for persons.';
comment on column registry.subject.title_cipher is 'Encrypted name of a person; null for organisations.';
comment on column registry.subject.title_key_id is 'Key that encrypted the name; null for organisations.';
comment on column registry.subject.title_blind is 'Blind index of the name; a payee name matches when its blind index is the same.';
comment on column registry.subject.area_code is 'District of the seat, GB/T 2260, six digits; empty for persons.';
comment on column registry.subject.established_on is 'Day of establishment; null = not stated.';
comment on column registry.subject.registered_capital_fen is 'Registered capital in fen; 0 = not stated.';
comment on column registry.subject.staff is 'Head count; 0 = not stated.';
comment on column registry.subject.first_loan_record is 'True when the central bank''s credit system already knows a loan of this firm.';
comment on column registry.subject.located_in_city is 'True when the seat is in the city.';
comment on column registry.subject.is_pilot_unit is 'True for the pilot unit of the empowerment reform.';
comment on column registry.subject.version is 'Counts writes; guards them. Updated in place.';
comment on column registry.subject.recorded_at is 'When it entered the register (system clock).';

create table registry.subject_status (
    subject_id uuid not null,
    version bigint not null,
    status text not null,
    effective_on date not null,
    reason text not null,
    recorded_at timestamptz not null,
    constraint subject_status_pkey primary key (subject_id, version),
    constraint subject_status_subject_fkey foreign key (subject_id) references registry.subject (id),
    constraint subject_status_status check (status in ('ACTIVE', 'MOVED_OUT', 'DEREGISTERED'))
);
comment on table registry.subject_status is 'Dated changes of status. A subject is ACTIVE before its first one.';
comment on column registry.subject_status.subject_id is 'The subject.';
comment on column registry.subject_status.version is 'Version of the subject that this change made; the later one of a day holds.';
comment on column registry.subject_status.status is 'ACTIVE, MOVED_OUT or DEREGISTERED.';
comment on column registry.subject_status.effective_on is 'Day from which it holds.';
comment on column registry.subject_status.reason is 'Why, in words; IMPORT or SNAPSHOT when a list said so.';
comment on column registry.subject_status.recorded_at is 'When it was recorded (system clock).';

create table registry.passport (
    subject_id uuid not null,
    nationality text not null,
    number_cipher bytea not null,
    number_key_id text not null,
    number_blind bytea not null,
    recorded_at timestamptz not null,
    constraint passport_pkey primary key (nationality, number_blind),
    constraint passport_subject_fkey foreign key (subject_id) references registry.subject (id)
);
comment on table registry.passport is 'Passports of persons; a renewed one stands beside the earlier ones.';
comment on column registry.passport.subject_id is 'The person.';
comment on column registry.passport.nationality is 'Issuing state, ISO 3166-1 alpha-3.';
comment on column registry.passport.number_cipher is 'Encrypted passport number.';
comment on column registry.passport.number_key_id is 'Key that encrypted it.';
comment on column registry.passport.number_blind is 'Blind index of the number, for look-up.';
comment on column registry.passport.recorded_at is 'When it was recorded (system clock).';

create table registry.account (
    id uuid not null,
    subject_id uuid not null,
    effective_on date,
    bank text not null,
    name_cipher bytea not null,
    name_key_id text not null,
    name_blind bytea not null,
    number_cipher bytea not null,
    number_key_id text not null,
    recorded_at timestamptz not null,
    constraint account_pkey primary key (id),
    constraint account_day_key unique (subject_id, effective_on),
    constraint account_subject_fkey foreign key (subject_id) references registry.subject (id)
);
comment on table registry.account is 'Payment accounts on file; a correction holds from its day.';
comment on column registry.account.id is 'Id, UUIDv7; the resource is acc_<id>.';
comment on column registry.account.subject_id is 'The payee.';
comment on column registry.account.effective_on is 'Day from which it holds; null = from the beginning.';
comment on column registry.account.bank is 'Bank and branch.';
comment on column registry.account.name_cipher is 'Encrypted payee name.';
comment on column registry.account.name_key_id is 'Key that encrypted the payee name.';
comment on column registry.account.name_blind is 'Blind index of the payee name; equals the subject''s when the names are equal.';
comment on column registry.account.number_cipher is 'Encrypted account number.';
comment on column registry.account.number_key_id is 'Key that encrypted the account number.';
comment on column registry.account.recorded_at is 'When it was recorded (system clock).';

create table registry.qualification (
    id uuid not null,
    subject_id uuid not null,
    holder_uscc text not null,
    kind text not null,
    level text not null,
    tier integer not null,
    number text not null,
    granted_on date,
    expires_on date,
    first_recognition boolean not null,
    batch_no integer not null,
    revoked_on date,
    superseded_on date,
    version bigint not null,
    recorded_at timestamptz not null,
    constraint qualification_pkey primary key (id),
    constraint qualification_number_key unique (subject_id, kind, number),
    constraint qualification_subject_fkey foreign key (subject_id) references registry.subject (id),
    constraint qualification_level check (level in ('', 'MUNICIPAL', 'PROVINCIAL', 'NATIONAL')),
    constraint qualification_not_negative check (tier >= 0 and batch_no >= 0)
);
comment on table registry.qualification is 'Recognitions held by organisations.';
comment on column registry.qualification.id is 'Id, UUIDv7; the resource is qua_<id>.';
comment on column registry.qualification.subject_id is 'The holder.';
comment on column registry.qualification.holder_uscc is 'The holder''s code.';
comment on column registry.qualification.kind is 'Kind, e.g. HNTE.';
comment on column registry.qualification.level is 'MUNICIPAL, PROVINCIAL or NATIONAL; empty where the kind has none.';
comment on column registry.qualification.tier is 'Tier where the kind has tiers; 0 = none.';
comment on column registry.qualification.number is 'Certificate or listing number.';
comment on column registry.qualification.granted_on is 'Day of recognition; null = applied, not recognised.';
comment on column registry.qualification.expires_on is 'Last day of validity; null = open.';
comment on column registry.qualification.first_recognition is 'True for a first recognition, false for a renewal.';
comment on column registry.qualification.batch_no is 'Recognition batch; 0 = none.';
comment on column registry.qualification.revoked_on is 'Day from which it is revoked; null = none. Updated in place.';
comment on column registry.qualification.superseded_on is 'Day from which a higher level ended it; null = none. Updated in place.';
comment on column registry.qualification.version is 'Counts writes; guards them. Updated in place.';
comment on column registry.qualification.recorded_at is 'When it was recorded (system clock).';
create index qualification_by_kind on registry.qualification (kind, granted_on, id);

create table registry.assessment (
    id uuid not null,
    qualification_id uuid not null,
    assessed_on date,
    result text not null,
    recorded_at timestamptz not null,
    constraint assessment_pkey primary key (id),
    constraint assessment_qualification_fkey
        foreign key (qualification_id) references registry.qualification (id),
    constraint assessment_result check (result in ('EXCELLENT', 'PASS', 'FAIL'))
);
comment on table registry.assessment is 'Yearly assessments of qualifications; the latest by day holds.';
comment on column registry.assessment.id is 'Id, UUIDv7; orders the assessments of a day.';
comment on column registry.assessment.qualification_id is 'What was assessed.';
comment on column registry.assessment.assessed_on is 'Day of the assessment; null = stated by the register without a day.';
comment on column registry.assessment.result is 'EXCELLENT, PASS or FAIL.';
comment on column registry.assessment.recorded_at is 'When it was recorded (system clock).';
create index assessment_by_qualification on registry.assessment (qualification_id, assessed_on);

create table registry.fact (
    id uuid not null,
    subject_id uuid not null,
    kind text not null,
    value bigint not null,
    unit text not null,
    occurred_on date not null,
    source text not null,
    evidence_no text not null,
    recorded_at timestamptz not null,
    constraint fact_pkey primary key (id),
    constraint fact_evidence_key unique (subject_id, kind, evidence_no),
    constraint fact_subject_fkey foreign key (subject_id) references registry.subject (id),
    constraint fact_unit check (unit in ('fen', 'bp', 'count', 'bool'))
);
comment on table registry.fact is 'Typed, dated, sourced statements about subjects.';
comment on column registry.fact.id is 'Id, UUIDv7; the resource is fac_<id>.';
comment on column registry.fact.subject_id is 'Whom it is about.';
comment on column registry.fact.kind is 'Type of the fact, e.g. ANNUAL_SALES_FEN.';
comment on column registry.fact.value is 'Value as an integer in the unit.';
comment on column registry.fact.unit is 'fen, bp, count or bool (0 or 1).';
comment on column registry.fact.occurred_on is 'Day from which it counts.';
comment on column registry.fact.source is 'Who states it.';
comment on column registry.fact.evidence_no is 'Number of the proof.';
comment on column registry.fact.recorded_at is 'When it was recorded (system clock).';

create table registry.credit_listing (
    id uuid not null,
    listing_no text not null,
    uscc text not null,
    kind text not null,
    grade text not null,
    decided_on date not null,
    authority text not null,
    measures text[] not null,
    repair_applied_on date,
    repaired_on date,
    version bigint not null,
    recorded_at timestamptz not null,
    constraint credit_listing_pkey primary key (id),
    constraint credit_listing_number_key unique (listing_no),
    constraint credit_listing_grade check (grade in ('GENERAL', 'SERIOUS')),
    constraint credit_listing_repair_needs_application check (
        repaired_on is null or repair_applied_on <= repaired_on
    )
);
comment on table registry.credit_listing is 'The joint-punishment list. Entities need not be in the register.';
comment on column registry.credit_listing.id is 'Id, UUIDv7; the resource is lst_<id>.';
comment on column registry.credit_listing.listing_no is 'Number given by the deciding body.';
comment on column registry.credit_listing.uscc is 'Listed entity.';
comment on column registry.credit_listing.kind is 'Kind, e.g. TAX.';
comment on column registry.credit_listing.grade is 'GENERAL or SERIOUS.';
comment on column registry.credit_listing.decided_on is 'Decision day; live from this day.';
comment on column registry.credit_listing.authority is 'Deciding body.';
comment on column registry.credit_listing.measures is 'Measure codes, e.g. FISCAL_FUNDS.';
comment on column registry.credit_listing.repair_applied_on is 'Day of the application taken up for repair; null = none. Updated in place.';
comment on column registry.credit_listing.repaired_on is 'Day of removal by repair; null = none. Updated in place.';
comment on column registry.credit_listing.version is 'Counts writes; guards them. Updated in place.';
comment on column registry.credit_listing.recorded_at is 'When it was recorded (system clock).';
create index credit_listing_by_entity on registry.credit_listing (uscc, decided_on);

create table registry.credit_repair (
    id uuid not null,
    listing_id uuid not null,
    listing_no text not null,
    applied_on date not null,
    decision text not null,
    earliest_on date not null,
    repaired_on date,
    reason text not null,
    evidence text not null,
    rule_version text not null,
    recorded_at timestamptz not null,
    constraint credit_repair_pkey primary key (id),
    constraint credit_repair_listing_fkey foreign key (listing_id) references registry.credit_listing (id),
    constraint credit_repair_decision check (decision in ('VERIFYING', 'REFUSED', 'REPAIRED')),
    constraint credit_repair_day check ((decision = 'REPAIRED') = (repaired_on is not null)),
    constraint credit_repair_reason check ((decision = 'REFUSED') = (reason <> ''))
);
comment on table registry.credit_repair is 'Applications for credit repair and their answers.';
comment on column registry.credit_repair.id is 'Id, UUIDv7; the resource is rep_<id>.';
comment on column registry.credit_repair.listing_id is 'The listing.';
comment on column registry.credit_repair.listing_no is 'Its number, for the order of lists.';
comment on column registry.credit_repair.applied_on is 'Day of the application.';
comment on column registry.credit_repair.decision is 'VERIFYING, REFUSED or REPAIRED. Updated in place once, from VERIFYING to REPAIRED.';
comment on column registry.credit_repair.earliest_on is 'Earliest day for an application under the rule in force on the day of application.';
comment on column registry.credit_repair.repaired_on is 'Day of removal; null = not removed. Updated in place with the decision.';
comment on column registry.credit_repair.reason is 'Reason code of a refusal; empty otherwise.';
comment on column registry.credit_repair.evidence is 'Proof and pledge, in words.';
comment on column registry.credit_repair.rule_version is 'Rule set that decided, ref_<id>.';
comment on column registry.credit_repair.recorded_at is 'When it was recorded (system clock).';
create index credit_repair_by_number on registry.credit_repair (listing_no, applied_on, id);

create table registry.reference_set (
    id uuid not null,
    kind text not null,
    state text not null,
    maker text not null,
    approver text not null,
    row_count integer not null,
    version bigint not null,
    recorded_at timestamptz not null,
    constraint reference_set_pkey primary key (id),
    constraint reference_set_kind check (
        kind in ('SETTINGS', 'CALENDAR', 'RULE_PARAMETERS', 'LPR', 'AREA_CODES', 'OFFICE_HOURS')
    ),
    constraint reference_set_state check (state in ('DRAFT', 'ACTIVE', 'SUPERSEDED')),
    constraint reference_set_four_eyes check (
        (state = 'DRAFT') = (approver = '') and (approver = '' or maker <> approver)
    )
);
comment on table registry.reference_set is 'Versions of the suite''s reference data, each activated by two people.';
comment on column registry.reference_set.id is 'Id, UUIDv7; the resource is ref_<id>.';
comment on column registry.reference_set.kind is 'SETTINGS, CALENDAR, RULE_PARAMETERS, LPR, AREA_CODES or OFFICE_HOURS.';
comment on column registry.reference_set.state is 'DRAFT, ACTIVE or SUPERSEDED. Updated in place.';
comment on column registry.reference_set.maker is 'Person who made it.';
comment on column registry.reference_set.approver is 'Person who activated it, never the maker; empty while DRAFT. Updated in place.';
comment on column registry.reference_set.row_count is 'Number of rows. Updated in place while DRAFT.';
comment on column registry.reference_set.version is 'Counts writes; guards them. Updated in place.';
comment on column registry.reference_set.recorded_at is 'When it was made (system clock).';
create unique index reference_set_one_active on registry.reference_set (kind) where state = 'ACTIVE';

create table registry.reference_row (
    set_id uuid not null,
    position integer not null,
    key text not null,
    body jsonb not null,
    constraint reference_row_pkey primary key (set_id, position),
    constraint reference_row_key unique (set_id, key),
    constraint reference_row_set_fkey foreign key (set_id) references registry.reference_set (id)
);
comment on table registry.reference_row is 'Rows of the sets.';
comment on column registry.reference_row.set_id is 'The set.';
comment on column registry.reference_row.position is 'Place in the order in which rows were added, from 0.';
comment on column registry.reference_row.key is 'Business key within the set, e.g. the calendar day.';
comment on column registry.reference_row.body is 'The row, of the set''s kind.';
