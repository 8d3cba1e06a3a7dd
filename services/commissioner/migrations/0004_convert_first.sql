-- Deals that are converted first and paid later with their licences, and results of training. A date says from which day
-- something holds; null = it has not happened.

create table commissioner.convert_first (
    deal_id uuid not null,
    payment text not null,
    free_months integer not null,
    instalments integer,
    instalment_months integer,
    revenue_share_bp integer,
    payment_days integer not null,
    licensed_on date not null,
    free_until date not null,
    using_on date,
    triggered_on date,
    settled_on date,
    ended_on date,
    defaulted_on date,
    recorded_at timestamptz not null,
    constraint convert_first_pkey primary key (deal_id),
    constraint convert_first_deal_fkey foreign key (deal_id) references commissioner.deal (id),
    constraint convert_first_payment_known
        check (payment in ('DEFERRED', 'INSTALMENTS', 'REVENUE_SHARE', 'CONDITIONAL')),
    constraint convert_first_parts_with_payment
        check ((payment = 'INSTALMENTS') = (instalments is not null and instalment_months is not null)),
    constraint convert_first_share_with_payment check ((payment = 'REVENUE_SHARE') = (revenue_share_bp is not null)),
    constraint convert_first_free_period_ordered check (free_until >= licensed_on),
    constraint convert_first_one_end check (num_nonnulls(settled_on, ended_on, defaulted_on) <= 1)
);
create index convert_first_by_signature on commissioner.convert_first (licensed_on);
comment on table commissioner.convert_first is 'Licences of deals that are converted first and paid later (先使用后付费, RULES.md R44). The state on a day follows from the dates and the receipts of the deal.';
comment on column commissioner.convert_first.deal_id is 'Deal of mode CONVERT_FIRST, signed.';
comment on column commissioner.convert_first.payment is 'How it is paid: DEFERRED, INSTALMENTS, REVENUE_SHARE or CONDITIONAL.';
comment on column commissioner.convert_first.free_months is 'Months from the signature in which nothing is owed.';
comment on column commissioner.convert_first.instalments is 'Number of equal parts; null = not paid so.';
comment on column commissioner.convert_first.instalment_months is 'Months from one part to the next; null = not paid so.';
comment on column commissioner.convert_first.revenue_share_bp is 'Share of revenue in basis points; null = not paid so.';
comment on column commissioner.convert_first.payment_days is 'Calendar days to pay what has become due.';
comment on column commissioner.convert_first.licensed_on is 'Day of signature.';
comment on column commissioner.convert_first.free_until is 'Last day of the free period, by free_months.';
comment on column commissioner.convert_first.using_on is 'Day on which the buyer began to use the result; null = not yet. Updated in place.';
comment on column commissioner.convert_first.triggered_on is 'Day on which the condition was met or the first revenue stated; null = not yet, or the end of the free period is the trigger. Updated in place.';
comment on column commissioner.convert_first.settled_on is 'Day from which nothing more is owed although the price is not paid; null = not said. Updated in place.';
comment on column commissioner.convert_first.ended_on is 'Day on which the result was given back; null = not. Updated in place.';
comment on column commissioner.convert_first.defaulted_on is 'Day on which the default was declared; null = not. Updated in place.';
comment on column commissioner.convert_first.recorded_at is 'When it was recorded (system clock).';

create table commissioner.convert_first_revenue (
    deal_id uuid not null,
    statement_no text not null,
    stated_on date not null,
    revenue_fen bigint not null,
    recorded_at timestamptz not null,
    constraint convert_first_revenue_pkey primary key (deal_id, statement_no),
    constraint convert_first_revenue_licence_fkey
        foreign key (deal_id) references commissioner.convert_first (deal_id),
    constraint convert_first_revenue_positive check (revenue_fen > 0)
);
comment on table commissioner.convert_first_revenue is 'Revenue of the use of a result, as the buyer stated it; a share of it is owed.';
comment on column commissioner.convert_first_revenue.deal_id is 'Deal.';
comment on column commissioner.convert_first_revenue.statement_no is 'Number of the buyer''s statement.';
comment on column commissioner.convert_first_revenue.stated_on is 'Day of the statement.';
comment on column commissioner.convert_first_revenue.revenue_fen is 'Revenue in fen.';
comment on column commissioner.convert_first_revenue.recorded_at is 'When it was recorded (system clock).';

-- Deals that were signed before get the usual terms of that time, and are in use from their signature on: that could not
-- be stated.
insert into commissioner.convert_first
    (deal_id, payment, free_months, payment_days, licensed_on, free_until, using_on, recorded_at)
select id, 'DEFERRED', 12, 30, signed_on, (signed_on + make_interval(months => 12))::date,
       signed_on, recorded_at
from commissioner.deal
where mode = 'CONVERT_FIRST' and signed_on is not null;

alter table commissioner.training_attendance add column attendance_recorded_at timestamptz;
comment on column commissioner.training_attendance.attended is 'Whether the person came; false = enrolled only. Updated in place.';
comment on column commissioner.training_attendance.attendance_recorded_at is 'When it was recorded that the person came, if later than the enrolment (system clock); null = with the enrolment, or not. Updated in place.';

create table commissioner.training_result (
    attendance_id uuid not null,
    outcome text not null,
    decided_on date not null,
    recorded_at timestamptz not null,
    constraint training_result_pkey primary key (attendance_id),
    constraint training_result_attendance_fkey
        foreign key (attendance_id) references commissioner.training_attendance (id),
    constraint training_result_outcome_known check (outcome in ('PASSED', 'FAILED'))
);
create index training_result_by_day on commissioner.training_result (decided_on);
comment on table commissioner.training_result is 'Results of training, one a person and session (RULES.md R40).';
comment on column commissioner.training_result.attendance_id is 'The person in the session.';
comment on column commissioner.training_result.outcome is 'PASSED or FAILED.';
comment on column commissioner.training_result.decided_on is 'Day of the result.';
comment on column commissioner.training_result.recorded_at is 'When it was recorded (system clock).';
