-- By day: rights of achievements and matches as they were on a day; assessments of institutions with what they led to;
-- what the registry is asked for is laid down before it is asked. What was recorded before this file is taken over from
-- the rows and from the audit log, which holds a row for every write.

alter table commissioner.achievement add column rights_since date;
update commissioner.achievement a
set rights_since = coalesce(
    (select max(u.effective_on)
     from platform.audit u
     where u.aggregate = 'ach_' || a.id::text and u.reason = 'RIGHTS_STATED'),
    a.collected_on
);
alter table commissioner.achievement alter column rights_since set not null;
comment on column commissioner.achievement.rights_since is 'Day from which the present rights hold; what they were before stands in achievement_rights. Updated in place.';

create table commissioner.achievement_rights (
    achievement_id uuid not null,
    version bigint not null,
    disputed boolean not null,
    classified boolean not null,
    co_owner_consent text not null,
    effective_on date not null,
    recorded_at timestamptz not null,
    constraint achievement_rights_pkey primary key (achievement_id, version),
    constraint achievement_rights_achievement_fkey
        foreign key (achievement_id) references commissioner.achievement (id),
    constraint achievement_rights_consent_known check (co_owner_consent in ('', 'GIVEN', 'REFUSED'))
);
comment on table commissioner.achievement_rights is 'Every statement of the rights of an achievement, kept for ever: what they were on a day.';
comment on column commissioner.achievement_rights.achievement_id is 'The achievement.';
comment on column commissioner.achievement_rights.version is 'Version of the achievement that the statement made; orders the statements.';
comment on column commissioner.achievement_rights.disputed is 'Whether rights are disputed.';
comment on column commissioner.achievement_rights.classified is 'Whether it is classified.';
comment on column commissioner.achievement_rights.co_owner_consent is 'GIVEN or REFUSED by the co-owner; empty = no co-owner.';
comment on column commissioner.achievement_rights.effective_on is 'Day from which they hold; never before the statement before.';
comment on column commissioner.achievement_rights.recorded_at is 'When it was recorded (system clock).';
-- What is collected has clear rights. Of several statements since, the last one alone can still be known.
insert into commissioner.achievement_rights
    (achievement_id, version, disputed, classified, co_owner_consent, effective_on, recorded_at)
select id, 1, false, false, '', collected_on, recorded_at
from commissioner.achievement;
insert into commissioner.achievement_rights
    (achievement_id, version, disputed, classified, co_owner_consent, effective_on, recorded_at)
select a.id, a.version, a.disputed, a.classified, a.co_owner_consent, a.rights_since,
       coalesce(
           (select max(u.recorded_at)
            from platform.audit u
            where u.aggregate = 'ach_' || a.id::text and u.reason = 'RIGHTS_STATED'),
           a.recorded_at
       )
from commissioner.achievement a
where a.version > 1;

create table commissioner.match_step (
    match_id uuid not null,
    version bigint not null,
    effective_on date not null,
    state text not null,
    state_since date not null,
    note text not null,
    commissioners text[] not null,
    shares_bp integer[] not null,
    recorded_at timestamptz not null,
    constraint match_step_pkey primary key (match_id, version),
    constraint match_step_match_fkey foreign key (match_id) references commissioner.match (id),
    constraint match_step_credit_whole check (cardinality(commissioners) = cardinality(shares_bp))
);
comment on table commissioner.match_step is 'Every step of a match, kept for ever: what it was on a day, and who was credited.';
comment on column commissioner.match_step.match_id is 'The match.';
comment on column commissioner.match_step.version is 'Version of the match that the step made; orders the steps.';
comment on column commissioner.match_step.effective_on is 'Day from which it holds; never before the step before.';
comment on column commissioner.match_step.state is 'State from then on.';
comment on column commissioner.match_step.state_since is 'Day from which that state holds; earlier than the step when the credit alone changed.';
comment on column commissioner.match_step.note is 'Words of the proposal, or why it ended.';
comment on column commissioner.match_step.commissioners is 'Commissioners who are credited, in the declared order.';
comment on column commissioner.match_step.shares_bp is 'Their shares in basis points, in the same order; together 10000.';
comment on column commissioner.match_step.recorded_at is 'When it was recorded (system clock).';
-- States and days come from the audit log; words and credit of earlier steps were not kept and stand as they are now.
insert into commissioner.match_step
    (match_id, version, effective_on, state, state_since, note, commissioners, shares_bp, recorded_at)
select m.id, row_number() over (partition by m.id order by u.recorded_at, u.id), u.effective_on, u.to_state,
       u.effective_on, m.note,
       array(select c.commissioner_no from commissioner.match_credit c where c.match_id = m.id order by c.place),
       array(select c.share_bp from commissioner.match_credit c where c.match_id = m.id order by c.place),
       u.recorded_at
from commissioner.match m
join platform.audit u on u.aggregate = 'mat_' || m.id::text;

alter table commissioner.recognition
    add column grant_request_id uuid,
    add column grant_number text,
    add column grant_batch_no integer,
    add column grant_on date,
    add constraint recognition_grant_whole check (
        num_nonnulls(grant_request_id, grant_number, grant_batch_no, grant_on) in (0, 4)
    );
comment on column commissioner.recognition.grant_request_id is 'Request that laid the grant down before the registry was asked, and names it there; null = none. Updated in place.';
comment on column commissioner.recognition.grant_number is 'Number under which the registry is to grant it; null = not laid down, or refused there. Updated in place.';
comment on column commissioner.recognition.grant_batch_no is 'Batch of that grant, 0 = none; null = not laid down. Updated in place.';
comment on column commissioner.recognition.grant_on is 'Day from which it is to be granted; null = not laid down. Updated in place.';

create table commissioner.assessment (
    id uuid not null,
    qualification_id uuid not null,
    holder_uscc text not null,
    assessed_on date not null,
    grade text not null,
    outcome text not null,
    request_id uuid not null,
    settled boolean not null,
    closed_on date,
    evidence text not null,
    version bigint not null,
    recorded_at timestamptz not null,
    constraint assessment_pkey primary key (id),
    constraint assessment_day_key unique (qualification_id, assessed_on),
    constraint assessment_grade_known check (grade in ('EXCELLENT', 'PASS', 'FAIL')),
    constraint assessment_outcome_known check (outcome in ('EXCELLENT', 'PASS', 'RECTIFY', 'REVOKED')),
    constraint assessment_closed_rectification check (closed_on is null or (outcome = 'RECTIFY' and settled)),
    constraint assessment_closed_with_evidence check ((closed_on is null) = (evidence = '')),
    constraint assessment_closed_after check (closed_on >= assessed_on)
);
create unique index assessment_one_unsettled on commissioner.assessment (qualification_id) where not settled;
create index assessment_by_holder on commissioner.assessment (holder_uscc, id);
comment on table commissioner.assessment is 'Yearly assessments of institutions and centres (年度考核, RULES.md R47) and the rectifications that failed ones opened (整改).';
comment on column commissioner.assessment.id is 'Id, UUIDv7; named asm_… outside.';
comment on column commissioner.assessment.qualification_id is 'The recognition in the registry.';
comment on column commissioner.assessment.holder_uscc is 'Who holds it.';
comment on column commissioner.assessment.assessed_on is 'Day of the assessment.';
comment on column commissioner.assessment.grade is 'EXCELLENT, PASS or FAIL.';
comment on column commissioner.assessment.outcome is 'What it led to: EXCELLENT, PASS, RECTIFY or REVOKED.';
comment on column commissioner.assessment.request_id is 'Request that laid it down before the registry was asked, and names it there.';
comment on column commissioner.assessment.settled is 'Whether the registry has recorded it; an unsettled one counts nowhere, and is removed when the registry refuses it. Updated in place.';
comment on column commissioner.assessment.closed_on is 'Day on which its rectification was closed; null = none, or open. Updated in place.';
comment on column commissioner.assessment.evidence is 'What shows that the rectification was done, in words; empty = not closed. Updated in place.';
comment on column commissioner.assessment.version is 'Counts writes. Updated in place.';
comment on column commissioner.assessment.recorded_at is 'When it was recorded (system clock).';
-- Assessments of before stand in the audit log under the recognition; of several on a day the last one counts.
insert into commissioner.assessment
    (id, qualification_id, holder_uscc, assessed_on, grade, outcome, request_id, settled, evidence, version, recorded_at)
select distinct on (q.id, u.effective_on)
       u.id, q.id, q.holder_uscc, u.effective_on, replace(u.reason, 'ASSESSED_', ''),
       case
           when u.to_state = 'REVOKED' then 'REVOKED'
           when u.reason = 'ASSESSED_FAIL' then 'RECTIFY'
           else replace(u.reason, 'ASSESSED_', '')
       end,
       u.id, true, '', 1, u.recorded_at
from platform.audit u
join platform.mirror_qualification q on u.aggregate = 'qua_' || q.id::text
where u.reason in ('ASSESSED_EXCELLENT', 'ASSESSED_PASS', 'ASSESSED_FAIL')
order by q.id, u.effective_on, u.recorded_at desc;
