-- Mirror: what a service follows from the registry's feed, so that a decision in bulk reads no other service.
-- Rows follow the feed; each stands on the feed position that told it.

create table platform.mirror_subject (
    uscc text not null,
    kind text not null,
    title text not null,
    area_code text not null,
    located_in_city boolean not null,
    is_pilot_unit boolean not null,
    position bigint not null,
    constraint mirror_subject_pkey primary key (uscc)
);
create index mirror_subject_by_title on platform.mirror_subject (title);
comment on table platform.mirror_subject is 'Organisations, as the registry''s feed tells.';
comment on column platform.mirror_subject.uscc is 'Unified social credit code.';
comment on column platform.mirror_subject.kind is 'ENTERPRISE, UNIVERSITY, RESEARCH_INSTITUTE or ADMIN_UNIT.';
comment on column platform.mirror_subject.title is 'Registered name.';
comment on column platform.mirror_subject.area_code is 'District of the seat, six digits.';
comment on column platform.mirror_subject.located_in_city is 'Whether the seat is in the city.';
comment on column platform.mirror_subject.is_pilot_unit is 'Whether it is the pilot unit of the empowerment reform.';
comment on column platform.mirror_subject.position is 'Feed position that the row stands on; an older event does not overwrite it.';

create table platform.mirror_subject_status (
    uscc text not null,
    effective_on date not null,
    status text not null,
    position bigint not null,
    constraint mirror_subject_status_pkey primary key (uscc, effective_on)
);
comment on table platform.mirror_subject_status is 'Dated status of organisations, as the registry''s feed tells.';
comment on column platform.mirror_subject_status.uscc is 'Unified social credit code.';
comment on column platform.mirror_subject_status.effective_on is 'Day from which it holds; 0001-01-01 = from the beginning.';
comment on column platform.mirror_subject_status.status is 'ACTIVE, MOVED_OUT or DEREGISTERED.';
comment on column platform.mirror_subject_status.position is 'Feed position that the row stands on.';

create table platform.mirror_qualification (
    id uuid not null,
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
    position bigint not null,
    constraint mirror_qualification_pkey primary key (id)
);
create index mirror_qualification_by_kind on platform.mirror_qualification (kind, granted_on);
create index mirror_qualification_by_holder on platform.mirror_qualification (holder_uscc, kind);
comment on table platform.mirror_qualification is 'Recognitions, as the registry''s feed tells.';
comment on column platform.mirror_qualification.id is 'Id in the registry.';
comment on column platform.mirror_qualification.holder_uscc is 'Holder.';
comment on column platform.mirror_qualification.kind is 'Kind, e.g. HNTE.';
comment on column platform.mirror_qualification.level is 'MUNICIPAL, PROVINCIAL or NATIONAL; empty = the kind has no levels.';
comment on column platform.mirror_qualification.tier is 'Tier; 0 = none.';
comment on column platform.mirror_qualification.number is 'Certificate or listing number.';
comment on column platform.mirror_qualification.granted_on is 'Day of recognition; null = applied, not recognised.';
comment on column platform.mirror_qualification.expires_on is 'Last day of validity; null = open.';
comment on column platform.mirror_qualification.first_recognition is 'Whether it is a first recognition.';
comment on column platform.mirror_qualification.batch_no is 'Recognition batch; 0 = none.';
comment on column platform.mirror_qualification.revoked_on is 'Day of revocation, from which it is not live; null = none.';
comment on column platform.mirror_qualification.superseded_on is 'Day from which a higher level ended it; null = none.';
comment on column platform.mirror_qualification.position is 'Feed position that the row stands on.';

create table platform.mirror_assessment (
    qualification_id uuid not null,
    assessed_on date not null,
    result text not null,
    position bigint not null,
    constraint mirror_assessment_pkey primary key (qualification_id, assessed_on)
);
comment on table platform.mirror_assessment is 'Yearly assessments of recognitions, as the registry''s feed tells.';
comment on column platform.mirror_assessment.qualification_id is 'Qualification.';
comment on column platform.mirror_assessment.assessed_on is 'Day of the assessment; 0001-01-01 = stated with the recognition.';
comment on column platform.mirror_assessment.result is 'EXCELLENT, PASS or FAIL.';
comment on column platform.mirror_assessment.position is 'Feed position that the row stands on.';

create table platform.mirror_listing (
    id uuid not null,
    listing_no text not null,
    uscc text not null,
    measures text[] not null,
    decided_on date not null,
    repaired_on date,
    position bigint not null,
    constraint mirror_listing_pkey primary key (id)
);
create index mirror_listing_by_uscc on platform.mirror_listing (uscc);
comment on table platform.mirror_listing is 'Entries of the joint-punishment list, as the registry''s feed tells.';
comment on column platform.mirror_listing.id is 'Id in the registry.';
comment on column platform.mirror_listing.listing_no is 'Number of the listing.';
comment on column platform.mirror_listing.uscc is 'Listed entity.';
comment on column platform.mirror_listing.measures is 'Measure codes, e.g. FISCAL_FUNDS.';
comment on column platform.mirror_listing.decided_on is 'First day on which it is live.';
comment on column platform.mirror_listing.repaired_on is 'Day of removal by repair; null = none.';
comment on column platform.mirror_listing.position is 'Feed position that the row stands on.';

create table platform.mirror_calendar_day (
    day date not null,
    kind text not null,
    set_name text not null,
    constraint mirror_calendar_day_pkey primary key (day),
    constraint mirror_calendar_day_kind_known check (kind in ('OFF', 'WORK'))
);
comment on table platform.mirror_calendar_day is 'The working-day calendar in force, as the registry''s feed tells; replaced as a whole.';
comment on column platform.mirror_calendar_day.day is 'Day that differs from Monday-to-Friday.';
comment on column platform.mirror_calendar_day.kind is 'OFF or WORK.';
comment on column platform.mirror_calendar_day.set_name is 'Reference set that says so, ref_….';

create table platform.mirror_rule_parameter (
    rule_key text not null,
    valid_from date not null,
    valid_to date,
    value text not null,
    unit text not null,
    set_name text not null,
    constraint mirror_rule_parameter_pkey primary key (rule_key, valid_from)
);
comment on table platform.mirror_rule_parameter is 'The rule parameters in force, as the registry''s feed tells; replaced as a whole.';
comment on column platform.mirror_rule_parameter.rule_key is 'Key.';
comment on column platform.mirror_rule_parameter.valid_from is 'First day in force.';
comment on column platform.mirror_rule_parameter.valid_to is 'Last day in force; null = open.';
comment on column platform.mirror_rule_parameter.value is 'Value: an integer or a word, by the unit.';
comment on column platform.mirror_rule_parameter.unit is 'Unit of the value.';
comment on column platform.mirror_rule_parameter.set_name is 'Reference set that says so, ref_….';

create table platform.mirror_setting (
    key text not null,
    value text not null,
    set_name text not null,
    constraint mirror_setting_pkey primary key (key)
);
comment on table platform.mirror_setting is 'Settings of the installation in force, as the registry''s feed tells; replaced as a whole.';
comment on column platform.mirror_setting.key is 'Name, e.g. city.';
comment on column platform.mirror_setting.value is 'Value.';
comment on column platform.mirror_setting.set_name is 'Reference set that says so, ref_….';
