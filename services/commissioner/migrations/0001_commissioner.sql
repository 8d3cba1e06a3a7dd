-- Commissioners, their postings, the method dictionary, activities and score sheets. Rows are never edited except where
-- a column says so.
create schema if not exists commissioner;

create table commissioner.commissioner (
    id uuid not null,
    commissioner_no text not null,
    person_name_cipher bytea not null,
    person_name_key_id text not null,
    side text not null,
    recruited_on date not null,
    ended_on date,
    version bigint not null,
    recorded_at timestamptz not null,
    constraint commissioner_pkey primary key (id),
    constraint commissioner_no_key unique (commissioner_no),
    constraint commissioner_side_known check (side in ('CITY', 'DISTRICT')),
    constraint commissioner_service_ordered check (ended_on is null or recruited_on <= ended_on)
);
comment on table commissioner.commissioner is 'Achievement commissioners (科技成果联络员).';
comment on column commissioner.commissioner.id is 'Id, UUIDv7; named com_… outside.';
comment on column commissioner.commissioner.commissioner_no is 'The bureau''s own number; the person of the commissioner''s token.';
comment on column commissioner.commissioner.person_name_cipher is 'Name of the person, encrypted.';
comment on column commissioner.commissioner.person_name_key_id is 'Key that opens it.';
comment on column commissioner.commissioner.side is 'CITY or DISTRICT.';
comment on column commissioner.commissioner.recruited_on is 'First day of service.';
comment on column commissioner.commissioner.ended_on is 'Last day of service; null = serving. Updated in place.';
comment on column commissioner.commissioner.version is 'Guards writes; counts up. Updated in place.';
comment on column commissioner.commissioner.recorded_at is 'When it was recorded (system clock).';

create table commissioner.post (
    id uuid not null,
    commissioner_id uuid not null,
    kind text not null,
    post_ref text not null,
    from_on date not null,
    to_on date,
    recorded_at timestamptz not null,
    constraint post_pkey primary key (id),
    constraint post_key unique (commissioner_id, post_ref, from_on),
    constraint post_commissioner_fkey foreign key (commissioner_id) references commissioner.commissioner (id),
    constraint post_kind_known check (kind in ('INSTITUTE', 'DISTRICT')),
    constraint post_period_ordered check (to_on is null or from_on <= to_on)
);
comment on table commissioner.post is 'Postings of commissioners.';
comment on column commissioner.post.id is 'Id, UUIDv7; named pst_… outside.';
comment on column commissioner.post.commissioner_id is 'Commissioner.';
comment on column commissioner.post.kind is 'INSTITUTE or DISTRICT.';
comment on column commissioner.post.post_ref is 'Code of the institute, or district (GB/T 2260).';
comment on column commissioner.post.from_on is 'First day.';
comment on column commissioner.post.to_on is 'Last day; null = open. Updated in place.';
comment on column commissioner.post.recorded_at is 'When it was recorded (system clock).';

create table commissioner.method_label (
    id uuid not null,
    code text not null,
    family text not null,
    label_zh text not null,
    valid_from date not null,
    valid_to date,
    revision bigint not null,
    recorded_at timestamptz not null,
    constraint method_label_pkey primary key (id),
    constraint method_label_code_key unique (code, valid_from),
    constraint method_label_family_known check (family in ('WATCH', 'SEEK', 'TRACK')),
    constraint method_label_period_ordered check (valid_to is null or valid_from <= valid_to)
);
comment on table commissioner.method_label is 'Versions of the entries of the method dictionary (五盯、五找、四跟踪); of a code one is in force on a day.';
comment on column commissioner.method_label.id is 'Id, UUIDv7; named mth_… outside.';
comment on column commissioner.method_label.code is 'Code that activities carry.';
comment on column commissioner.method_label.family is 'WATCH, SEEK or TRACK.';
comment on column commissioner.method_label.label_zh is 'Label in Chinese.';
comment on column commissioner.method_label.valid_from is 'First day in force.';
comment on column commissioner.method_label.valid_to is 'Last day in force; null = open. Updated in place.';
comment on column commissioner.method_label.revision is 'Revision of the dictionary that wrote it: 1, 2, 3 …. Updated in place.';
comment on column commissioner.method_label.recorded_at is 'When it was recorded (system clock).';

create table commissioner.method_dictionary (
    singleton boolean not null default true,
    revision bigint not null,
    constraint method_dictionary_pkey primary key (singleton),
    constraint method_dictionary_one_row check (singleton)
);
insert into commissioner.method_dictionary (revision) values (0);
comment on table commissioner.method_dictionary is 'The method dictionary as a whole: one row, locked by whoever changes an entry.';
comment on column commissioner.method_dictionary.singleton is 'Always true: there is one.';
comment on column commissioner.method_dictionary.revision is 'Its version: counts the changes. Updated in place.';

create table commissioner.activity (
    id uuid not null,
    activity_no text not null,
    kind text not null,
    commissioner_id uuid not null,
    joint_sheet_no text not null,
    activity_on date not null,
    reported_at timestamptz not null,
    reported_on date not null,
    counterpart_kind text not null,
    counterpart text not null,
    counterpart_uscc text not null,
    method_code text not null,
    note text not null,
    evidence text not null,
    demand_id uuid,
    achievement_id uuid,
    follow_up_on date,
    recorded_at timestamptz not null,
    constraint activity_pkey primary key (id),
    constraint activity_no_key unique (activity_no),
    constraint activity_once_key unique (commissioner_id, activity_on, counterpart, kind),
    constraint activity_commissioner_fkey foreign key (commissioner_id) references commissioner.commissioner (id),
    constraint activity_kind_known check (kind in ('VISIT', 'INSPECTION', 'CONTACT')),
    constraint activity_counterpart_kind_known check (
        counterpart_kind in ('EXPERT_TEAM', 'PROJECT', 'FIRM', 'BANK', 'AGENCY')
    )
);
create index activity_by_day on commissioner.activity (activity_on, id);
create index activity_by_uscc on commissioner.activity (counterpart_uscc) where counterpart_uscc <> '';
create index activity_by_demand on commissioner.activity (demand_id, activity_on) where demand_id is not null;
create index activity_by_counterpart on commissioner.activity (counterpart, activity_on);
create index activity_by_achievement on commissioner.activity (achievement_id, activity_on)
    where achievement_id is not null;
create index activity_to_follow_up on commissioner.activity (follow_up_on) where follow_up_on is not null;
comment on table commissioner.activity is 'Activities of commissioners: one row per participant.';
comment on column commissioner.activity.id is 'Id, UUIDv7; named act_… outside.';
comment on column commissioner.activity.activity_no is 'The reporter''s own number.';
comment on column commissioner.activity.kind is 'VISIT (拜访), INSPECTION (考察) or CONTACT (对接).';
comment on column commissioner.activity.commissioner_id is 'Commissioner.';
comment on column commissioner.activity.joint_sheet_no is 'Sheet that several participants share; empty = none.';
comment on column commissioner.activity.activity_on is 'Day of the activity.';
comment on column commissioner.activity.reported_at is 'Instant of the report.';
comment on column commissioner.activity.reported_on is 'Local day of the report.';
comment on column commissioner.activity.counterpart_kind is 'EXPERT_TEAM, PROJECT, FIRM, BANK or AGENCY.';
comment on column commissioner.activity.counterpart is 'Name of the counterpart.';
comment on column commissioner.activity.counterpart_uscc is 'Its code; empty = not stated.';
comment on column commissioner.activity.method_code is 'Code of the method dictionary; empty = none.';
comment on column commissioner.activity.note is 'Words.';
comment on column commissioner.activity.evidence is 'Where the evidence is kept; empty = none stated.';
comment on column commissioner.activity.demand_id is 'Demand that it is about; null = none stated.';
comment on column commissioner.activity.achievement_id is 'Achievement that it is about; null = none stated.';
comment on column commissioner.activity.follow_up_on is 'Day by which it is to be followed up; null = none.';
comment on column commissioner.activity.recorded_at is 'When it was recorded (system clock).';

create table commissioner.joint_sheet (
    joint_sheet_no text not null,
    kind text not null,
    activity_on date not null,
    constraint joint_sheet_pkey primary key (joint_sheet_no, kind)
);
comment on table commissioner.joint_sheet is 'Activities of several participants; each counts once, on the day of the row that was reported first.';
comment on column commissioner.joint_sheet.joint_sheet_no is 'Number of the sheet.';
comment on column commissioner.joint_sheet.kind is 'Kind of activity.';
comment on column commissioner.joint_sheet.activity_on is 'Day on which it counts.';

create table commissioner.activity_day (
    day date not null,
    kind text not null,
    activities bigint not null,
    joint_activities bigint not null,
    participations bigint not null,
    constraint activity_day_pkey primary key (day, kind),
    constraint activity_day_consistent check (joint_activities <= activities and activities <= participations)
);
comment on table commissioner.activity_day is 'Tally of activities by day, so that a year is counted without reading it. Moves with each import.';
comment on column commissioner.activity_day.day is 'Day of the activities.';
comment on column commissioner.activity_day.kind is 'VISIT, INSPECTION or CONTACT.';
comment on column commissioner.activity_day.activities is 'Activities, a joint sheet once. Updated in place.';
comment on column commissioner.activity_day.joint_activities is 'Of them joint sheets. Updated in place.';
comment on column commissioner.activity_day.participations is 'Rows: participants. Updated in place.';

create table commissioner.activity_answer (
    activity_id uuid not null,
    verdict text not null,
    uscc text not null,
    answered_on date not null,
    recorded_at timestamptz not null,
    constraint activity_answer_pkey primary key (activity_id),
    constraint activity_answer_activity_fkey foreign key (activity_id) references commissioner.activity (id),
    constraint activity_answer_verdict_known check (verdict in ('CONFIRMED', 'DENIED'))
);
comment on table commissioner.activity_answer is 'What counterparts answered about activities, once.';
comment on column commissioner.activity_answer.activity_id is 'Activity.';
comment on column commissioner.activity_answer.verdict is 'CONFIRMED or DENIED.';
comment on column commissioner.activity_answer.uscc is 'Code of the organisation that answered.';
comment on column commissioner.activity_answer.answered_on is 'Day of the answer.';
comment on column commissioner.activity_answer.recorded_at is 'When it was recorded (system clock).';

create table commissioner.leading_firm (
    id uuid not null,
    counterpart text not null,
    industry text not null,
    from_on date not null,
    to_on date,
    recorded_at timestamptz not null,
    constraint leading_firm_pkey primary key (id),
    constraint leading_firm_period_ordered check (to_on is null or from_on <= to_on)
);
create index leading_firm_by_counterpart on commissioner.leading_firm (counterpart, from_on);
comment on table commissioner.leading_firm is 'Dated marks of counterparts as leading firms of their industry (行业龙头企业).';
comment on column commissioner.leading_firm.id is 'Id, UUIDv7; named ldf_… outside.';
comment on column commissioner.leading_firm.counterpart is 'Name of the firm, as activities write it.';
comment on column commissioner.leading_firm.industry is 'Industry that it leads.';
comment on column commissioner.leading_firm.from_on is 'First day.';
comment on column commissioner.leading_firm.to_on is 'Last day; null = open.';
comment on column commissioner.leading_firm.recorded_at is 'When it was recorded (system clock).';

create table commissioner.score_sheet (
    id uuid not null,
    valid_from date not null,
    title text not null,
    maker text not null,
    recorded_at timestamptz not null,
    constraint score_sheet_pkey primary key (id),
    constraint score_sheet_valid_from_key unique (valid_from)
);
comment on table commissioner.score_sheet is 'Score sheets (评分表): the one in force on a day is the latest that began by then.';
comment on column commissioner.score_sheet.id is 'Id, UUIDv7; named scs_… outside and kept with what it decided.';
comment on column commissioner.score_sheet.valid_from is 'First day in force.';
comment on column commissioner.score_sheet.title is 'Title in Chinese.';
comment on column commissioner.score_sheet.maker is 'Who wrote it.';
comment on column commissioner.score_sheet.recorded_at is 'When it was recorded (system clock).';

create table commissioner.score_clause (
    sheet_id uuid not null,
    place integer not null,
    measure text not null,
    points integer not null,
    cap_points integer not null,
    constraint score_clause_pkey primary key (sheet_id, place),
    constraint score_clause_measure_key unique (sheet_id, measure),
    constraint score_clause_sheet_fkey foreign key (sheet_id) references commissioner.score_sheet (id),
    constraint score_clause_not_negative check (points >= 0 and cap_points >= 0)
);
comment on table commissioner.score_clause is 'Clauses of score sheets: points for each of what is measured.';
comment on column commissioner.score_clause.sheet_id is 'Sheet.';
comment on column commissioner.score_clause.place is 'Place on the sheet: 1, 2, 3 ….';
comment on column commissioner.score_clause.measure is 'What is counted, e.g. VISIT or DEMAND_VERIFIED.';
comment on column commissioner.score_clause.points is 'Points for each.';
comment on column commissioner.score_clause.cap_points is 'Most points of the clause; 0 = no cap.';
