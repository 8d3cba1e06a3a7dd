-- Transfer: training, empowerments with the versions of their agreement, conversion deals with receipts and splits,
-- applications for recognition. A date says from which day something holds; null = it has not happened.

create table commissioner.training_attendance (
    id uuid not null,
    session_no text not null,
    session_on date not null,
    topic text not null,
    program text not null,
    person_ref text not null,
    person_name_cipher bytea not null,
    person_name_key_id text not null,
    attended boolean not null,
    hours integer not null,
    recorded_at timestamptz not null,
    constraint training_attendance_pkey primary key (id),
    constraint training_attendance_person_key unique (session_no, person_ref),
    constraint training_attendance_program_known check (program in ('TECH_BROKER', 'OTHER')),
    constraint training_attendance_hours_not_negative check (hours >= 0)
);
create index training_attendance_by_day on commissioner.training_attendance (session_on, session_no, id);
create index training_attendance_by_person on commissioner.training_attendance (person_ref);
comment on table commissioner.training_attendance is 'Enrolments in training sessions and who came (RULES.md R40).';
comment on column commissioner.training_attendance.id is 'Id, UUIDv7; named tra_… outside.';
comment on column commissioner.training_attendance.session_no is 'Number of the session.';
comment on column commissioner.training_attendance.session_on is 'Day of the session.';
comment on column commissioner.training_attendance.topic is 'Topic.';
comment on column commissioner.training_attendance.program is 'TECH_BROKER or OTHER.';
comment on column commissioner.training_attendance.person_ref is 'The organiser''s own number of the person.';
comment on column commissioner.training_attendance.person_name_cipher is 'Name of the person, encrypted.';
comment on column commissioner.training_attendance.person_name_key_id is 'Key of that cipher.';
comment on column commissioner.training_attendance.attended is 'Whether the person came; false = enrolled only.';
comment on column commissioner.training_attendance.hours is 'Hours of the session.';
comment on column commissioner.training_attendance.recorded_at is 'When it was recorded (system clock).';

create table commissioner.empowerment (
    id uuid not null,
    unit_uscc text not null,
    empowerment_no text not null,
    title text not null,
    basis text not null,
    term_years integer,
    start_on date,
    applied_on date,
    co_owner text not null,
    rights_cleared_on date,
    publicity_posted_on date,
    filed_on date,
    terminated_on date,
    payer_account uuid not null,
    costs_account uuid not null,
    unit_account uuid not null,
    version bigint not null,
    recorded_at timestamptz not null,
    constraint empowerment_pkey primary key (id),
    constraint empowerment_no_key unique (unit_uscc, empowerment_no),
    constraint empowerment_basis_known check (basis in ('UNIT_OWNED', 'OTHER_SERVICE')),
    constraint empowerment_term_with_basis check ((basis = 'UNIT_OWNED') = (term_years is not null)),
    constraint empowerment_co_owner_known check (co_owner in ('NONE', 'GIVEN'))
);
create index empowerment_by_no on commissioner.empowerment (empowerment_no, id);
comment on table commissioner.empowerment is 'Ownership and use rights given to inventors (赋权, RULES.md R41). The state on a day follows from the dates.';
comment on column commissioner.empowerment.id is 'Id, UUIDv7; named emp_… outside. Also the ring of its ledger accounts.';
comment on column commissioner.empowerment.unit_uscc is 'The unit.';
comment on column commissioner.empowerment.empowerment_no is 'The unit''s own number.';
comment on column commissioner.empowerment.title is 'The achievement.';
comment on column commissioner.empowerment.basis is 'UNIT_OWNED: joint ownership and a use right for a term; OTHER_SERVICE: full ownership to the inventors.';
comment on column commissioner.empowerment.term_years is 'Years of the use right; null = no term.';
comment on column commissioner.empowerment.start_on is 'First day of the right; null = not agreed. Updated in place.';
comment on column commissioner.empowerment.applied_on is 'Day of application; null = a register states none.';
comment on column commissioner.empowerment.co_owner is 'NONE: there is no co-owner; GIVEN: the co-owner consents. Updated in place.';
comment on column commissioner.empowerment.rights_cleared_on is 'Day on which the rights were found clear; null = not yet, or a register states none. Updated in place.';
comment on column commissioner.empowerment.publicity_posted_on is 'First day of publicity; null = not yet. Updated in place.';
comment on column commissioner.empowerment.filed_on is 'Day of filing (备案); null = not yet. Updated in place.';
comment on column commissioner.empowerment.terminated_on is 'Day from which it is terminated; null = not. Updated in place.';
comment on column commissioner.empowerment.payer_account is 'Ledger account from which the income of its deals comes.';
comment on column commissioner.empowerment.costs_account is 'Ledger account of direct costs.';
comment on column commissioner.empowerment.unit_account is 'Ledger account of what the unit keeps.';
comment on column commissioner.empowerment.version is 'Counts writes. Updated in place.';
comment on column commissioner.empowerment.recorded_at is 'When it was recorded (system clock).';

create table commissioner.empowerment_agreement (
    empowerment_id uuid not null,
    version_no integer not null,
    effective_on date not null,
    recorded_at timestamptz not null,
    constraint empowerment_agreement_pkey primary key (empowerment_id, version_no),
    constraint empowerment_agreement_day_key unique (empowerment_id, effective_on),
    constraint empowerment_agreement_empowerment_fkey
        foreign key (empowerment_id) references commissioner.empowerment (id)
);
comment on table commissioner.empowerment_agreement is 'Versions of the agreement; each holds until the day of the next one.';
comment on column commissioner.empowerment_agreement.empowerment_id is 'Empowerment.';
comment on column commissioner.empowerment_agreement.version_no is 'Version: 1, 2, 3 …';
comment on column commissioner.empowerment_agreement.effective_on is 'Day from which it holds.';
comment on column commissioner.empowerment_agreement.recorded_at is 'When it was recorded (system clock).';

create table commissioner.inventor_share (
    empowerment_id uuid not null,
    version_no integer not null,
    ordinal integer not null,
    inventor text not null,
    share_bp integer not null,
    account uuid not null,
    constraint inventor_share_pkey primary key (empowerment_id, version_no, ordinal),
    constraint inventor_share_inventor_key unique (empowerment_id, version_no, inventor),
    constraint inventor_share_agreement_fkey foreign key (empowerment_id, version_no)
        references commissioner.empowerment_agreement (empowerment_id, version_no),
    constraint inventor_share_in_range check (share_bp between 1 and 10000)
);
comment on table commissioner.inventor_share is 'Inner shares of a version of the agreement; they add up to 10000.';
comment on column commissioner.inventor_share.empowerment_id is 'Empowerment.';
comment on column commissioner.inventor_share.version_no is 'Version of the agreement.';
comment on column commissioner.inventor_share.ordinal is 'Declared order: 1, 2, 3 …; ties of a division go to the lower one.';
comment on column commissioner.inventor_share.inventor is 'The inventor; published with the empowerment.';
comment on column commissioner.inventor_share.share_bp is 'Share in basis points.';
comment on column commissioner.inventor_share.account is 'Ledger account of the inventor in this empowerment, the same in every version.';

create table commissioner.deal (
    id uuid not null,
    empowerment_id uuid not null,
    unit_uscc text not null,
    deal_no text not null,
    mode text not null,
    price_method text not null,
    price_fen bigint not null,
    published_price_fen bigint,
    publicity_posted_on date,
    priced_on date,
    signed_on date,
    buyer_uscc text not null,
    buyer_kind text not null,
    related_buyer boolean not null,
    related_disclosed boolean not null,
    company_capital_fen bigint,
    technology_value_fen bigint,
    closed_on date,
    income_account uuid not null,
    version bigint not null,
    recorded_at timestamptz not null,
    constraint deal_pkey primary key (id),
    constraint deal_no_key unique (unit_uscc, deal_no),
    constraint deal_empowerment_fkey foreign key (empowerment_id) references commissioner.empowerment (id),
    constraint deal_mode_known check (mode in ('TRANSFER', 'LICENCE', 'CONVERT_FIRST', 'EQUITY')),
    constraint deal_price_method_known check (price_method in ('AGREED', 'LISTED', 'AUCTION')),
    constraint deal_buyer_kind_known check (buyer_kind in ('STATE_OWNED', 'PRIVATE')),
    constraint deal_price_not_negative check (price_fen >= 0),
    constraint deal_equity_with_mode check (
        (mode = 'EQUITY') = (company_capital_fen is not null and technology_value_fen is not null)
    ),
    constraint deal_technology_within_capital check (technology_value_fen between 1 and company_capital_fen)
);
create index deal_by_no on commissioner.deal (deal_no, id);
create index deal_by_signature on commissioner.deal (signed_on);
create index deal_by_empowerment on commissioner.deal (empowerment_id);
comment on table commissioner.deal is 'Conversion deals (成果转化, RULES.md R42). The state on a day follows from the dates and the receipts.';
comment on column commissioner.deal.id is 'Id, UUIDv7; named dea_… outside.';
comment on column commissioner.deal.empowerment_id is 'Empowerment that it puts to use.';
comment on column commissioner.deal.unit_uscc is 'The unit.';
comment on column commissioner.deal.deal_no is 'The unit''s own number.';
comment on column commissioner.deal.mode is 'TRANSFER, LICENCE, CONVERT_FIRST or EQUITY.';
comment on column commissioner.deal.price_method is 'AGREED, LISTED or AUCTION.';
comment on column commissioner.deal.price_fen is 'Price in fen. Updated in place.';
comment on column commissioner.deal.published_price_fen is 'Price of the latest publicity in fen; null = none. Updated in place.';
comment on column commissioner.deal.publicity_posted_on is 'First day of the latest publicity; null = none. Updated in place.';
comment on column commissioner.deal.priced_on is 'Day on which it was priced; null = a register states none.';
comment on column commissioner.deal.signed_on is 'Day of signature; null = not signed. Updated in place.';
comment on column commissioner.deal.buyer_uscc is 'Buyer, in or outside the city.';
comment on column commissioner.deal.buyer_kind is 'STATE_OWNED or PRIVATE.';
comment on column commissioner.deal.related_buyer is 'Whether an inventor of the achievement holds the buyer.';
comment on column commissioner.deal.related_disclosed is 'Whether that tie was disclosed. Updated in place.';
comment on column commissioner.deal.company_capital_fen is 'Capital of the company in fen; null = no equity deal.';
comment on column commissioner.deal.technology_value_fen is 'Value of the technology in fen; null = no equity deal.';
comment on column commissioner.deal.closed_on is 'Day on which it was closed; null = open. Updated in place.';
comment on column commissioner.deal.income_account is 'Ledger account of its income: what was received and is not divided yet.';
comment on column commissioner.deal.version is 'Counts writes. Updated in place.';
comment on column commissioner.deal.recorded_at is 'When it was recorded (system clock).';

create table commissioner.receipt (
    id uuid not null,
    deal_id uuid not null,
    unit_uscc text not null,
    receipt_no text not null,
    received_on date not null,
    receipts_fen bigint not null,
    direct_costs_fen bigint not null,
    recorded_at timestamptz not null,
    constraint receipt_pkey primary key (id),
    constraint receipt_no_key unique (unit_uscc, receipt_no),
    constraint receipt_deal_fkey foreign key (deal_id) references commissioner.deal (id),
    constraint receipt_amount_positive check (receipts_fen > 0),
    constraint receipt_costs_within check (direct_costs_fen between 0 and receipts_fen)
);
create index receipt_by_deal on commissioner.receipt (deal_id, received_on);
comment on table commissioner.receipt is 'Income of deals (到账).';
comment on column commissioner.receipt.id is 'Id, UUIDv7; named rct_… outside. Also the id of its ledger transfer.';
comment on column commissioner.receipt.deal_id is 'Deal.';
comment on column commissioner.receipt.unit_uscc is 'The unit; its numbers of receipts are unique.';
comment on column commissioner.receipt.receipt_no is 'The unit''s number of the receipt.';
comment on column commissioner.receipt.received_on is 'Day on which the income was booked.';
comment on column commissioner.receipt.receipts_fen is 'Income in fen.';
comment on column commissioner.receipt.direct_costs_fen is 'Direct costs in fen.';
comment on column commissioner.receipt.recorded_at is 'When it was recorded (system clock).';

create table commissioner.split (
    deal_id uuid not null,
    case_no text not null,
    receipt_id uuid,
    unit_uscc text not null,
    effective_on date not null,
    base_fen bigint not null,
    unit_fen bigint not null,
    inventors_fen bigint not null,
    agreement_version_no integer not null,
    rule_version text not null,
    recorded_at timestamptz not null,
    constraint split_pkey primary key (deal_id, case_no),
    constraint split_receipt_key unique (receipt_id),
    constraint split_deal_fkey foreign key (deal_id) references commissioner.deal (id),
    constraint split_receipt_fkey foreign key (receipt_id) references commissioner.receipt (id),
    constraint split_adds_up check (unit_fen + inventors_fen = base_fen)
);
create index split_by_case on commissioner.split (case_no, deal_id);
create index split_by_day on commissioner.split (effective_on);
comment on table commissioner.split is 'How a receipt, or the shares of an equity deal, were divided; once each.';
comment on column commissioner.split.deal_id is 'Deal.';
comment on column commissioner.split.case_no is 'Number of the receipt; for shares the number of the deal.';
comment on column commissioner.split.receipt_id is 'Receipt that was divided; null = shares of the deal.';
comment on column commissioner.split.unit_uscc is 'The unit.';
comment on column commissioner.split.effective_on is 'Day of distribution; for shares the day of signature.';
comment on column commissioner.split.base_fen is 'Net cash income, or value of the technology, in fen.';
comment on column commissioner.split.unit_fen is 'What the unit keeps, in fen.';
comment on column commissioner.split.inventors_fen is 'What the inventors get together, in fen.';
comment on column commissioner.split.agreement_version_no is 'Version of the agreement whose inner shares divided it.';
comment on column commissioner.split.rule_version is 'Version of the rule parameter that gave the unit''s part.';
comment on column commissioner.split.recorded_at is 'When it was recorded (system clock).';

create table commissioner.split_part (
    deal_id uuid not null,
    case_no text not null,
    ordinal integer not null,
    inventor text not null,
    amount_fen bigint not null,
    constraint split_part_pkey primary key (deal_id, case_no, ordinal),
    constraint split_part_split_fkey foreign key (deal_id, case_no) references commissioner.split (deal_id, case_no),
    constraint split_part_not_negative check (amount_fen >= 0)
);
comment on table commissioner.split_part is 'What each inventor got of a receipt; shares of a company are not divided further.';
comment on column commissioner.split_part.deal_id is 'Deal.';
comment on column commissioner.split_part.case_no is 'Number of the receipt.';
comment on column commissioner.split_part.ordinal is 'Declared order of the agreement.';
comment on column commissioner.split_part.inventor is 'The inventor.';
comment on column commissioner.split_part.amount_fen is 'Amount in fen.';

create table commissioner.recognition (
    id uuid not null,
    applicant_uscc text not null,
    kind text not null,
    level text not null,
    figures jsonb not null,
    state text not null,
    open boolean not null,
    applied_on date not null,
    recommended_on date,
    reviewed_on date,
    unmet jsonb not null,
    publicity_posted_on date,
    publicity_last_on date,
    recognised_on date,
    qualification_id uuid,
    version bigint not null,
    recorded_at timestamptz not null,
    constraint recognition_pkey primary key (id),
    constraint recognition_kind_known check (kind in ('TRANSFER_INSTITUTION', 'CONVERSION_CENTRE')),
    constraint recognition_level_known check (level in ('', 'MUNICIPAL', 'PROVINCIAL', 'NATIONAL')),
    constraint recognition_state_known check (
        state in ('APPLIED', 'DISTRICT_RECOMMENDED', 'REVIEWED', 'REJECTED', 'PUBLICISED', 'RECOGNISED')
    )
);
create unique index recognition_open_key on commissioner.recognition (applicant_uscc, kind) where open;
create index recognition_by_applicant on commissioner.recognition (applicant_uscc, id);
comment on table commissioner.recognition is 'Applications for recognition (认定申请, RULES.md R45, R46). The recognition itself is the registry''s.';
comment on column commissioner.recognition.id is 'Id, UUIDv7; named rcg_… outside.';
comment on column commissioner.recognition.applicant_uscc is 'Applicant; has one open application of a kind.';
comment on column commissioner.recognition.kind is 'TRANSFER_INSTITUTION or CONVERSION_CENTRE.';
comment on column commissioner.recognition.level is 'Level of a transfer institution; empty for a conversion centre.';
comment on column commissioner.recognition.figures is 'What the applicant states of itself.';
comment on column commissioner.recognition.state is 'Present state. Updated in place.';
comment on column commissioner.recognition.open is 'Whether it is still on its way: neither rejected nor recognised. Updated in place.';
comment on column commissioner.recognition.applied_on is 'Day of application.';
comment on column commissioner.recognition.recommended_on is 'Day of the district''s recommendation; null = not yet. Updated in place.';
comment on column commissioner.recognition.reviewed_on is 'Day of review; null = not yet. Updated in place.';
comment on column commissioner.recognition.unmet is 'Conditions that the review found not met, in the words told then. Updated in place.';
comment on column commissioner.recognition.publicity_posted_on is 'First day of publicity; null = not yet. Updated in place.';
comment on column commissioner.recognition.publicity_last_on is 'Last day of publicity; null = not yet. Updated in place.';
comment on column commissioner.recognition.recognised_on is 'Day of recognition; null = not yet. Updated in place.';
comment on column commissioner.recognition.qualification_id is 'The qualification in the registry; null = not recognised. Updated in place.';
comment on column commissioner.recognition.version is 'Counts writes. Updated in place.';
comment on column commissioner.recognition.recorded_at is 'When it was recorded (system clock).';
