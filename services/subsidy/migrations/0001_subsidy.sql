-- What the subsidy service owns. Rows are never edited except where a column says so.
create schema if not exists subsidy;

create table subsidy.policy (
    id uuid not null,
    code text not null,
    revision integer not null,
    state text not null,
    title text not null,
    doc_no text not null,
    valid_from date not null,
    valid_to date not null,
    evidence_kind text not null,
    award_from date not null,
    award_to date not null,
    amount_kind text not null,
    fixed_first_fen bigint not null,
    fixed_repeat_fen bigint not null,
    tier1_fen bigint not null,
    tier2_fen bigint not null,
    cap_fen bigint not null,
    requires_live text not null,
    requires_pass boolean not null,
    excluded_host_prefix text not null,
    beneficiary_rule text not null,
    amount_rule text not null,
    budget_line text not null,
    publicity_working_days integer not null,
    shortfall text not null,
    maker text not null,
    reviewer text not null,
    version bigint not null,
    recorded_at timestamptz not null,
    constraint policy_pkey primary key (id),
    constraint policy_code_revision_key unique (code, revision),
    constraint policy_state_known check (state in ('DRAFT', 'REVIEWED', 'ACTIVE', 'CLOSED')),
    constraint policy_amounts_not_negative check (
        least(fixed_first_fen, fixed_repeat_fen, tier1_fen, tier2_fen, cap_fen) >= 0
    ),
    constraint policy_validity_ordered check (valid_from <= valid_to and award_from <= award_to)
);
create unique index policy_one_active on subsidy.policy (code) where state = 'ACTIVE';
comment on table subsidy.policy is 'Versions of the policies (政策清单). Behaviour follows from these columns alone.';
comment on column subsidy.policy.id is 'Id, UUIDv7; named pol_… outside and kept with what it decided.';
comment on column subsidy.policy.code is 'Policy code, shared by the versions of one policy.';
comment on column subsidy.policy.revision is 'Version of the policy: 1, 2, 3 …';
comment on column subsidy.policy.state is 'DRAFT, REVIEWED, ACTIVE or CLOSED. Updated in place.';
comment on column subsidy.policy.title is 'Title in Chinese.';
comment on column subsidy.policy.doc_no is 'Number of the document (文号).';
comment on column subsidy.policy.valid_from is 'First day in force.';
comment on column subsidy.policy.valid_to is 'Last day in force.';
comment on column subsidy.policy.evidence_kind is 'Kind of qualification that makes a candidate.';
comment on column subsidy.policy.award_from is 'First day of the evidence window.';
comment on column subsidy.policy.award_to is 'Last day of the evidence window.';
comment on column subsidy.policy.amount_kind is 'FIXED_BY_RECOGNITION, FIXED or FIXED_BY_TIER.';
comment on column subsidy.policy.fixed_first_fen is 'Fen for a first recognition, or the fixed amount.';
comment on column subsidy.policy.fixed_repeat_fen is 'Fen for a renewed recognition.';
comment on column subsidy.policy.tier1_fen is 'Fen for tier 1.';
comment on column subsidy.policy.tier2_fen is 'Fen for tier 2.';
comment on column subsidy.policy.cap_fen is 'Most fen per payee and year; 0 = no cap.';
comment on column subsidy.policy.requires_live is 'Kind of qualification that must be live on the match day; empty = none.';
comment on column subsidy.policy.requires_pass is 'Whether that qualification must not have failed its yearly assessment.';
comment on column subsidy.policy.excluded_host_prefix is 'Prefix of codes of hosts that get nothing; empty = none.';
comment on column subsidy.policy.beneficiary_rule is 'Who, in words.';
comment on column subsidy.policy.amount_rule is 'How much, in words.';
comment on column subsidy.policy.budget_line is 'Code of the budget line that pays.';
comment on column subsidy.policy.publicity_working_days is 'Working days of publicity; the posting day is day 1.';
comment on column subsidy.policy.shortfall is 'What happens when the budget does not cover a batch: REFUSE_RUN.';
comment on column subsidy.policy.maker is 'Who wrote it.';
comment on column subsidy.policy.reviewer is 'Who reviewed it; empty before. Updated in place.';
comment on column subsidy.policy.version is 'Guards writes; counts up. Updated in place.';
comment on column subsidy.policy.recorded_at is 'When it was written down (system clock).';

create table subsidy.run (
    id uuid not null,
    external_ref text,
    policy_id uuid not null,
    policy_code text not null,
    year integer not null,
    state text not null,
    maker text not null,
    match_on date not null,
    snapshot_digest bytea not null,
    snapshot_position bigint not null,
    posted_on date,
    publicity_last_day date,
    confirmed_on date,
    funded_on date,
    void_reason text not null,
    version bigint not null,
    recorded_at timestamptz not null,
    constraint run_pkey primary key (id),
    constraint run_external_ref_key unique (external_ref),
    constraint run_policy_fkey foreign key (policy_id) references subsidy.policy (id),
    constraint run_state_known check (
        state in ('CREDIT_CHECKED', 'PUBLICISED', 'CONFIRMED', 'BATCHED', 'PARTLY_PAID', 'PAID', 'VOIDED')
    ),
    constraint run_publicity_whole check ((posted_on is null) = (publicity_last_day is null))
);
create index run_by_policy on subsidy.run (policy_code, id);
create index run_in_publicity on subsidy.run (policy_code, posted_on) where posted_on is not null;
comment on table subsidy.run is 'Runs: attempts to match, publish and pay a policy (免申即享).';
comment on column subsidy.run.id is 'Id, UUIDv7; named run_… outside.';
comment on column subsidy.run.external_ref is 'The importer''s own number; null = none.';
comment on column subsidy.run.policy_id is 'Policy version used.';
comment on column subsidy.run.policy_code is 'Policy code.';
comment on column subsidy.run.year is 'Year whose entitlement it takes: that of the match day.';
comment on column subsidy.run.state is 'State of the run. Updated in place.';
comment on column subsidy.run.maker is 'Who matched it.';
comment on column subsidy.run.match_on is 'Day of the snapshot.';
comment on column subsidy.run.snapshot_digest is 'SHA-256 over the frozen candidates, ordered by code.';
comment on column subsidy.run.snapshot_position is 'Feed position of the registry that the snapshot includes.';
comment on column subsidy.run.posted_on is 'Day of posting; null before. Updated in place.';
comment on column subsidy.run.publicity_last_day is 'Last day of publicity; null before posting. Updated in place.';
comment on column subsidy.run.confirmed_on is 'Day of confirmation; null before. Updated in place.';
comment on column subsidy.run.funded_on is 'Day its batch was funded, which makes it the accepted run; null before. Updated in place.';
comment on column subsidy.run.void_reason is 'Why it was ended; empty otherwise. Updated in place.';
comment on column subsidy.run.version is 'Guards writes; counts up. Updated in place.';
comment on column subsidy.run.recorded_at is 'When it was recorded (system clock).';

create table subsidy.candidate (
    id uuid not null,
    run_id uuid not null,
    uscc text not null,
    title text not null,
    evidence_no text not null,
    granted_on date not null,
    first_recognition boolean not null,
    tier integer not null,
    amount_fen bigint not null,
    live boolean not null,
    assessment text not null,
    status text not null,
    status_since date,
    confirmed_on date,
    constraint candidate_pkey primary key (id),
    constraint candidate_run_uscc_key unique (run_id, uscc),
    constraint candidate_run_fkey foreign key (run_id) references subsidy.run (id),
    constraint candidate_amount_positive check (amount_fen > 0)
);
comment on table subsidy.candidate is 'Entries of a run''s list, frozen on the match day.';
comment on column subsidy.candidate.id is 'Id, UUIDv7; named can_… outside.';
comment on column subsidy.candidate.run_id is 'Run that matched it.';
comment on column subsidy.candidate.uscc is 'Unified social credit code of the holder.';
comment on column subsidy.candidate.title is 'Registered name as known on the match day.';
comment on column subsidy.candidate.evidence_no is 'Number of the qualification that is the evidence.';
comment on column subsidy.candidate.granted_on is 'Day of that recognition.';
comment on column subsidy.candidate.first_recognition is 'Whether it is a first recognition.';
comment on column subsidy.candidate.tier is 'Tier; 0 = none.';
comment on column subsidy.candidate.amount_fen is 'Amount in fen by the policy''s terms.';
comment on column subsidy.candidate.live is 'Whether the qualification that the policy requires was live on the match day; true where none is required.';
comment on column subsidy.candidate.assessment is 'Its latest yearly assessment on the match day: EXCELLENT, PASS, FAIL; empty = not assessed.';
comment on column subsidy.candidate.status is 'Status in the register on the match day: ACTIVE, MOVED_OUT, DEREGISTERED.';
comment on column subsidy.candidate.status_since is 'Day from which that status holds; null = from the beginning.';
comment on column subsidy.candidate.confirmed_on is 'Day of confirmation; null = not confirmed. Updated in place.';

create table subsidy.exclusion_hit (
    candidate_id uuid not null,
    reason_code text not null,
    checked_on date not null,
    detail text not null,
    rule_version text not null,
    recorded_at timestamptz not null,
    constraint exclusion_hit_pkey primary key (candidate_id, reason_code, checked_on),
    constraint exclusion_hit_candidate_fkey foreign key (candidate_id) references subsidy.candidate (id)
);
comment on table subsidy.exclusion_hit is 'Why candidates are left out; every hit is kept.';
comment on column subsidy.exclusion_hit.candidate_id is 'Candidate.';
comment on column subsidy.exclusion_hit.reason_code is 'Reason, e.g. CREDIT_LISTED_AT_MATCH.';
comment on column subsidy.exclusion_hit.checked_on is 'Day checked.';
comment on column subsidy.exclusion_hit.detail is 'What was found: listing number, status and day, objection number.';
comment on column subsidy.exclusion_hit.rule_version is 'Version of the rule that decided; empty when none did.';
comment on column subsidy.exclusion_hit.recorded_at is 'When it was recorded (system clock).';

create table subsidy.standing_check (
    run_id uuid not null,
    stage text not null,
    checked_on date not null,
    rule_version text not null,
    entities integer not null,
    recorded_at timestamptz not null,
    constraint standing_check_pkey primary key (run_id, stage),
    constraint standing_check_run_fkey foreign key (run_id) references subsidy.run (id),
    constraint standing_check_stage_known check (stage in ('MATCH', 'PUBLICITY_END', 'PAYMENT'))
);
comment on table subsidy.standing_check is 'That all candidates of a run were checked with the registry on a day.';
comment on column subsidy.standing_check.run_id is 'Run.';
comment on column subsidy.standing_check.stage is 'MATCH, PUBLICITY_END or PAYMENT.';
comment on column subsidy.standing_check.checked_on is 'Day for which the registry was asked.';
comment on column subsidy.standing_check.rule_version is 'Version of the rule parameters that the registry used.';
comment on column subsidy.standing_check.entities is 'How many were asked for.';
comment on column subsidy.standing_check.recorded_at is 'When it was recorded (system clock).';

create table subsidy.objection (
    id uuid not null,
    objection_no text not null,
    policy_code text not null,
    uscc text not null,
    filed_on date not null,
    accepted boolean not null,
    objector_cipher bytea,
    objector_key_id text,
    contact_cipher bytea,
    contact_key_id text,
    words_cipher bytea,
    words_key_id text,
    outcome text,
    closed_on date,
    closing_reason text not null,
    version bigint not null,
    recorded_at timestamptz not null,
    constraint objection_pkey primary key (id),
    constraint objection_no_key unique (objection_no),
    constraint objection_outcome_known check (outcome in ('UPHELD', 'DISMISSED')),
    constraint objection_closed_whole check ((outcome is null) = (closed_on is null)),
    constraint objection_anonymous_open check (accepted or outcome is null)
);
create index objection_by_policy on subsidy.objection (policy_code, uscc);
comment on table subsidy.objection is 'Objections to published entries (异议).';
comment on column subsidy.objection.id is 'Id, UUIDv7; named obj_… outside.';
comment on column subsidy.objection.objection_no is 'Business number.';
comment on column subsidy.objection.policy_code is 'Policy whose lists are objected to.';
comment on column subsidy.objection.uscc is 'Firm objected to.';
comment on column subsidy.objection.filed_on is 'Day of filing.';
comment on column subsidy.objection.accepted is 'False for an anonymous one, which changes nothing.';
comment on column subsidy.objection.objector_cipher is 'Real name of the objector, encrypted; null = anonymous.';
comment on column subsidy.objection.objector_key_id is 'Key of that cipher.';
comment on column subsidy.objection.contact_cipher is 'Contact data, encrypted; null = none.';
comment on column subsidy.objection.contact_key_id is 'Key of that cipher.';
comment on column subsidy.objection.words_cipher is 'What is objected, in words, encrypted since it may name persons; null = none.';
comment on column subsidy.objection.words_key_id is 'Key of that cipher.';
comment on column subsidy.objection.outcome is 'UPHELD or DISMISSED; null = open. Updated in place.';
comment on column subsidy.objection.closed_on is 'Day it was closed; null = open. Updated in place.';
comment on column subsidy.objection.closing_reason is 'Why it was closed so, in words. Updated in place.';
comment on column subsidy.objection.version is 'Guards writes; counts up. Updated in place.';
comment on column subsidy.objection.recorded_at is 'When it was recorded (system clock).';

create table subsidy.objection_run (
    objection_id uuid not null,
    run_id uuid not null,
    candidate_id uuid not null,
    constraint objection_run_pkey primary key (objection_id, run_id),
    constraint objection_run_objection_fkey foreign key (objection_id) references subsidy.objection (id),
    constraint objection_run_run_fkey foreign key (run_id) references subsidy.run (id),
    constraint objection_run_candidate_fkey foreign key (candidate_id) references subsidy.candidate (id)
);
create index objection_run_by_candidate on subsidy.objection_run (candidate_id);
comment on table subsidy.objection_run is 'Runs whose publicity was open when an objection was filed.';
comment on column subsidy.objection_run.objection_id is 'Objection.';
comment on column subsidy.objection_run.run_id is 'Run.';
comment on column subsidy.objection_run.candidate_id is 'Entry objected to.';

create table subsidy.budget_line (
    id uuid not null,
    code text not null,
    year integer not null,
    approved_fen bigint not null,
    plan_fen bigint[] not null,
    treasury_account uuid not null,
    grant_account uuid not null,
    paid_account uuid not null,
    version bigint not null,
    recorded_at timestamptz not null,
    constraint budget_line_pkey primary key (id),
    constraint budget_line_code_year_key unique (code, year),
    constraint budget_line_approved_not_negative check (approved_fen >= 0),
    constraint budget_line_plan_whole check (cardinality(plan_fen) = 12)
);
comment on table subsidy.budget_line is 'Budget lines of a year (预算指标) with the month plan (用款计划). Its row is locked by every reservation.';
comment on column subsidy.budget_line.id is 'Id, UUIDv7; named bud_… outside.';
comment on column subsidy.budget_line.code is 'Code, e.g. BL01.';
comment on column subsidy.budget_line.year is 'Budget year.';
comment on column subsidy.budget_line.approved_fen is 'Fen approved for the year.';
comment on column subsidy.budget_line.plan_fen is 'Fen planned to the end of each month, cumulative, twelve numbers, adjustments not included.';
comment on column subsidy.budget_line.treasury_account is 'Ledger account that the grant comes from.';
comment on column subsidy.budget_line.grant_account is 'Ledger account of what was granted; payments out of it are capped by it.';
comment on column subsidy.budget_line.paid_account is 'Ledger account of payments: pending = encumbered, posted = paid.';
comment on column subsidy.budget_line.version is 'Counts adjustments. Updated in place.';
comment on column subsidy.budget_line.recorded_at is 'When it was recorded (system clock).';

create table subsidy.budget_adjustment (
    id uuid not null,
    decision_no text not null,
    budget_line_id uuid not null,
    decided_on date not null,
    amount_fen bigint not null,
    reason text not null,
    recorded_at timestamptz not null,
    constraint budget_adjustment_pkey primary key (id),
    constraint budget_adjustment_decision_no_key unique (decision_no),
    constraint budget_adjustment_line_fkey foreign key (budget_line_id) references subsidy.budget_line (id),
    constraint budget_adjustment_not_zero check (amount_fen <> 0)
);
create index budget_adjustment_by_line on subsidy.budget_adjustment (budget_line_id, decided_on);
comment on table subsidy.budget_adjustment is 'Mid-year adjustments of a budget line (预算调整).';
comment on column subsidy.budget_adjustment.id is 'Id, UUIDv7; named adj_… outside.';
comment on column subsidy.budget_adjustment.decision_no is 'Number of the decision.';
comment on column subsidy.budget_adjustment.budget_line_id is 'Line of the year of the decision.';
comment on column subsidy.budget_adjustment.decided_on is 'Day from which it counts.';
comment on column subsidy.budget_adjustment.amount_fen is 'Fen added to the year and to the plan of that month and those after it; may be negative.';
comment on column subsidy.budget_adjustment.reason is 'Why, in words.';
comment on column subsidy.budget_adjustment.recorded_at is 'When it was recorded (system clock).';

create table subsidy.batch (
    id uuid not null,
    batch_no text not null,
    run_id uuid not null,
    state text not null,
    maker text not null,
    approver text not null,
    funder text not null,
    created_on date not null,
    pay_on date,
    version bigint not null,
    recorded_at timestamptz not null,
    constraint batch_pkey primary key (id),
    constraint batch_no_key unique (batch_no),
    constraint batch_run_key unique (run_id),
    constraint batch_run_fkey foreign key (run_id) references subsidy.run (id),
    constraint batch_state_known check (state in ('CREATED', 'APPROVED', 'FUNDED', 'VOIDED')),
    constraint batch_funded_whole check ((state = 'FUNDED') = (pay_on is not null))
);
comment on table subsidy.batch is 'Payment batches (拨付批次).';
comment on column subsidy.batch.id is 'Id, UUIDv7; named bat_… outside.';
comment on column subsidy.batch.batch_no is 'Business number: PB, day, serial of the day.';
comment on column subsidy.batch.run_id is 'Run that it pays; one batch a run.';
comment on column subsidy.batch.state is 'CREATED, APPROVED, FUNDED or VOIDED. Updated in place.';
comment on column subsidy.batch.maker is 'Who made it.';
comment on column subsidy.batch.approver is 'Who approved it; empty before. Updated in place.';
comment on column subsidy.batch.funder is 'Who funded it for the finance bureau; empty before. Updated in place.';
comment on column subsidy.batch.created_on is 'Business day it was made.';
comment on column subsidy.batch.pay_on is 'Business day of the funding; null before. Updated in place.';
comment on column subsidy.batch.version is 'Guards writes; counts up. Updated in place.';
comment on column subsidy.batch.recorded_at is 'When it was recorded (system clock).';

create table subsidy.payment_line (
    id uuid not null,
    batch_id uuid not null,
    candidate_id uuid not null,
    policy_code text not null,
    uscc text not null,
    amount_fen bigint not null,
    first_recognition boolean not null,
    state text not null,
    reason_code text not null,
    seq integer not null,
    state_on date not null,
    attempts integer not null,
    instruction_id uuid,
    budget_line_id uuid,
    reservation_id uuid,
    constraint payment_line_pkey primary key (id),
    constraint payment_line_candidate_key unique (candidate_id),
    constraint payment_line_batch_fkey foreign key (batch_id) references subsidy.batch (id),
    constraint payment_line_candidate_fkey foreign key (candidate_id) references subsidy.candidate (id),
    constraint payment_line_budget_line_fkey foreign key (budget_line_id) references subsidy.budget_line (id),
    constraint payment_line_amount_positive check (amount_fen > 0),
    constraint payment_line_state_known check (state in (
        'CREATED', 'APPROVED', 'EXCLUDED', 'HELD', 'SUBMITTED', 'IN_DOUBT', 'CREDITED', 'RETURNED', 'CORRECTED',
        'ABANDONED'
    )),
    constraint payment_line_instruction_present check (
        instruction_id is not null or state not in ('SUBMITTED', 'IN_DOUBT', 'CREDITED')
    )
);
create index payment_line_by_batch on subsidy.payment_line (batch_id, uscc);
create index payment_line_by_policy on subsidy.payment_line (policy_code, uscc);
create index payment_line_by_payee on subsidy.payment_line (uscc);
comment on table subsidy.payment_line is 'Payments to one payee each (拨付明细); the id is the end-to-end id at the bank, for ever.';
comment on column subsidy.payment_line.id is 'Id, UUIDv7; named lin_… outside.';
comment on column subsidy.payment_line.batch_id is 'Batch.';
comment on column subsidy.payment_line.candidate_id is 'Confirmed entry that it pays.';
comment on column subsidy.payment_line.policy_code is 'Policy code.';
comment on column subsidy.payment_line.uscc is 'Payee.';
comment on column subsidy.payment_line.amount_fen is 'Amount in fen.';
comment on column subsidy.payment_line.first_recognition is 'Whether it is for a first recognition.';
comment on column subsidy.payment_line.state is 'Present state, the last of its history. Updated in place.';
comment on column subsidy.payment_line.reason_code is 'Reason of that state; empty when it has none. Updated in place.';
comment on column subsidy.payment_line.seq is 'Number of the last row of its history; guards writes. Updated in place.';
comment on column subsidy.payment_line.state_on is 'Business day from which that state holds. Updated in place.';
comment on column subsidy.payment_line.attempts is 'Instructions assigned so far. Updated in place.';
comment on column subsidy.payment_line.instruction_id is 'Instruction of the open or last attempt; null = none open. Updated in place.';
comment on column subsidy.payment_line.budget_line_id is 'Budget line that pays; null before funding. Updated in place.';
comment on column subsidy.payment_line.reservation_id is 'Ledger transfer that encumbers or pays it; null = none. Updated in place.';

create table subsidy.line_state (
    line_id uuid not null,
    seq integer not null,
    state text not null,
    effective_on date not null,
    reason_code text not null,
    recorded_at timestamptz not null,
    constraint line_state_pkey primary key (line_id, seq),
    constraint line_state_line_fkey foreign key (line_id) references subsidy.payment_line (id)
);
comment on table subsidy.line_state is 'History of each payment line; what a line was on a day is read here.';
comment on column subsidy.line_state.line_id is 'Payment line.';
comment on column subsidy.line_state.seq is 'Order of the states of a line: 1, 2, 3 …';
comment on column subsidy.line_state.state is 'The state.';
comment on column subsidy.line_state.effective_on is 'Business day from which it holds; never earlier than that of the state before.';
comment on column subsidy.line_state.reason_code is 'Reason of an exclusion, a hold or a return; empty otherwise.';
comment on column subsidy.line_state.recorded_at is 'When it was recorded (system clock).';

create table subsidy.payment_attempt (
    id uuid not null,
    line_id uuid not null,
    attempt_no integer not null,
    value_date date not null,
    payee_name_cipher bytea not null,
    payee_name_key_id text not null,
    payee_bank text not null,
    account_no_cipher bytea not null,
    account_no_key_id text not null,
    treasury_ref text not null,
    bank_reason text not null,
    credited_on date,
    returned_on date,
    recorded_at timestamptz not null,
    constraint payment_attempt_pkey primary key (id),
    constraint payment_attempt_line_no_key unique (line_id, attempt_no),
    constraint payment_attempt_line_fkey foreign key (line_id) references subsidy.payment_line (id)
);
comment on table subsidy.payment_attempt is 'Instructions to the treasury bank (支付指令), kept whole before the bank is called.';
comment on column subsidy.payment_attempt.id is 'Id, UUIDv7; named ist_… at the bank, which is idempotent on it.';
comment on column subsidy.payment_attempt.line_id is 'Payment line.';
comment on column subsidy.payment_attempt.attempt_no is 'Attempt: 1, 2, 3 …';
comment on column subsidy.payment_attempt.value_date is 'Business day of the instruction.';
comment on column subsidy.payment_attempt.payee_name_cipher is 'Payee name as sent, encrypted.';
comment on column subsidy.payment_attempt.payee_name_key_id is 'Key of that cipher.';
comment on column subsidy.payment_attempt.payee_bank is 'Bank and branch as sent.';
comment on column subsidy.payment_attempt.account_no_cipher is 'Account number as sent, encrypted.';
comment on column subsidy.payment_attempt.account_no_key_id is 'Key of that cipher.';
comment on column subsidy.payment_attempt.treasury_ref is 'The bank''s reference; empty before its acknowledgement. Updated in place.';
comment on column subsidy.payment_attempt.bank_reason is 'Why it bounced or was refused, in the bank''s words; empty otherwise. Updated in place.';
comment on column subsidy.payment_attempt.credited_on is 'The bank''s value date of the credit; null = not credited. Updated in place.';
comment on column subsidy.payment_attempt.returned_on is 'Day it bounced; null = it did not. Updated in place.';
comment on column subsidy.payment_attempt.recorded_at is 'When it was assigned (system clock).';

create table subsidy.entitlement (
    policy_code text not null,
    year integer not null,
    uscc text not null,
    line_id uuid not null,
    taken_on date not null,
    constraint entitlement_pkey primary key (policy_code, year, uscc),
    constraint entitlement_line_key unique (line_id),
    constraint entitlement_line_fkey foreign key (line_id) references subsidy.payment_line (id)
);
comment on table subsidy.entitlement is 'Who has taken a policy in a year (RULES.md R2). A row ends only with the abandonment of its line.';
comment on column subsidy.entitlement.policy_code is 'Policy code.';
comment on column subsidy.entitlement.year is 'Year of the run.';
comment on column subsidy.entitlement.uscc is 'Payee.';
comment on column subsidy.entitlement.line_id is 'Payment line that took it.';
comment on column subsidy.entitlement.taken_on is 'Day it was encumbered.';

create table subsidy.statement_entry (
    id uuid not null,
    day date not null,
    entry bigint not null,
    kind text not null,
    attempt_id uuid not null,
    treasury_ref text not null,
    amount_fen bigint not null,
    value_date date not null,
    reason text not null,
    recorded_at timestamptz not null,
    constraint statement_entry_pkey primary key (id),
    constraint statement_entry_attempt_kind_key unique (attempt_id, kind),
    constraint statement_entry_attempt_fkey foreign key (attempt_id) references subsidy.payment_attempt (id),
    constraint statement_entry_kind_known check (kind in ('CREDIT', 'RETURN'))
);
comment on table subsidy.statement_entry is 'Entries of the bank''s statement (对账单) that were booked; each counts once.';
comment on column subsidy.statement_entry.id is 'Id, UUIDv7.';
comment on column subsidy.statement_entry.day is 'Day of the statement.';
comment on column subsidy.statement_entry.entry is 'Number within the day.';
comment on column subsidy.statement_entry.kind is 'CREDIT or RETURN.';
comment on column subsidy.statement_entry.attempt_id is 'Instruction that it names.';
comment on column subsidy.statement_entry.treasury_ref is 'The bank''s reference.';
comment on column subsidy.statement_entry.amount_fen is 'Amount in fen.';
comment on column subsidy.statement_entry.value_date is 'Value date.';
comment on column subsidy.statement_entry.reason is 'Why it bounced; empty for a credit.';
comment on column subsidy.statement_entry.recorded_at is 'When it was booked (system clock).';

create table subsidy.subject (
    uscc text not null,
    kind text not null,
    title text not null,
    position bigint not null,
    constraint subject_pkey primary key (uscc)
);
comment on table subsidy.subject is 'Organisations, as the registry''s feed tells. Rows follow the feed.';
comment on column subsidy.subject.uscc is 'Unified social credit code.';
comment on column subsidy.subject.kind is 'ENTERPRISE, UNIVERSITY, RESEARCH_INSTITUTE or ADMIN_UNIT.';
comment on column subsidy.subject.title is 'Registered name.';
comment on column subsidy.subject.position is 'Feed position that the row stands on; an older event does not overwrite it.';

create table subsidy.subject_status (
    uscc text not null,
    effective_on date not null,
    status text not null,
    position bigint not null,
    constraint subject_status_pkey primary key (uscc, effective_on)
);
comment on table subsidy.subject_status is 'Dated status of organisations, as the registry''s feed tells. Rows follow the feed.';
comment on column subsidy.subject_status.uscc is 'Unified social credit code.';
comment on column subsidy.subject_status.effective_on is 'Day from which it holds; 0001-01-01 = from the beginning.';
comment on column subsidy.subject_status.status is 'ACTIVE, MOVED_OUT or DEREGISTERED.';
comment on column subsidy.subject_status.position is 'Feed position that the row stands on.';

create table subsidy.qualification (
    id uuid not null,
    holder_uscc text not null,
    kind text not null,
    tier integer not null,
    number text not null,
    granted_on date,
    expires_on date,
    first_recognition boolean not null,
    revoked_on date,
    superseded_on date,
    position bigint not null,
    constraint qualification_pkey primary key (id)
);
create index qualification_by_kind on subsidy.qualification (kind, granted_on);
create index qualification_by_holder on subsidy.qualification (holder_uscc, kind);
comment on table subsidy.qualification is 'Recognitions, as the registry''s feed tells. Rows follow the feed.';
comment on column subsidy.qualification.id is 'Id in the registry.';
comment on column subsidy.qualification.holder_uscc is 'Holder.';
comment on column subsidy.qualification.kind is 'Kind, e.g. HNTE.';
comment on column subsidy.qualification.tier is 'Tier; 0 = none.';
comment on column subsidy.qualification.number is 'Certificate or listing number.';
comment on column subsidy.qualification.granted_on is 'Day of recognition; null = applied, not recognised.';
comment on column subsidy.qualification.expires_on is 'Last day of validity; null = open.';
comment on column subsidy.qualification.first_recognition is 'Whether it is a first recognition.';
comment on column subsidy.qualification.revoked_on is 'Day of revocation, from which it is not live; null = none.';
comment on column subsidy.qualification.superseded_on is 'Day from which a higher level ended it; null = none.';
comment on column subsidy.qualification.position is 'Feed position that the row stands on.';

create table subsidy.qualification_assessment (
    qualification_id uuid not null,
    assessed_on date not null,
    result text not null,
    position bigint not null,
    constraint qualification_assessment_pkey primary key (qualification_id, assessed_on)
);
comment on table subsidy.qualification_assessment is 'Yearly assessments, as the registry''s feed tells. Rows follow the feed.';
comment on column subsidy.qualification_assessment.qualification_id is 'Qualification.';
comment on column subsidy.qualification_assessment.assessed_on is 'Day of the assessment; 0001-01-01 = stated with the recognition.';
comment on column subsidy.qualification_assessment.result is 'EXCELLENT, PASS or FAIL.';
comment on column subsidy.qualification_assessment.position is 'Feed position that the row stands on.';

create table subsidy.account_correction (
    uscc text not null,
    effective_on date not null,
    position bigint not null,
    constraint account_correction_pkey primary key (uscc, effective_on)
);
comment on table subsidy.account_correction is 'That a payee corrected the account from a day on, as the registry''s feed tells; never the account itself.';
comment on column subsidy.account_correction.uscc is 'Payee.';
comment on column subsidy.account_correction.effective_on is 'Day from which the new data hold.';
comment on column subsidy.account_correction.position is 'Feed position that the row stands on.';

create table subsidy.calendar_day (
    day date not null,
    kind text not null,
    set_name text not null,
    constraint calendar_day_pkey primary key (day),
    constraint calendar_day_kind_known check (kind in ('OFF', 'WORK'))
);
comment on table subsidy.calendar_day is 'The working-day calendar in force, as the registry''s feed tells; replaced as a whole.';
comment on column subsidy.calendar_day.day is 'Day that differs from Monday-to-Friday.';
comment on column subsidy.calendar_day.kind is 'OFF or WORK.';
comment on column subsidy.calendar_day.set_name is 'Reference set that says so, ref_….';
