-- From need to registered contract: demands, achievements, merges, hand-overs, matches, events, signed projects.

create table commissioner.demand (
    id uuid not null,
    demand_no text not null,
    enterprise_uscc text not null,
    commissioner_no text not null,
    field text not null,
    words text not null,
    words_digest bytea not null,
    budget_fen bigint not null,
    needed_by date,
    agreed_on date,
    collected_on date not null,
    state text not null,
    state_since date not null,
    version bigint not null,
    external_ref text not null,
    recorded_at timestamptz not null,
    constraint demand_pkey primary key (id),
    constraint demand_no_key unique (demand_no),
    constraint demand_words_key unique (enterprise_uscc, words_digest),
    constraint demand_budget_not_negative check (budget_fen >= 0),
    constraint demand_state_known check (state in (
        'COLLECTED', 'VERIFIED', 'PUBLISHED', 'MATCHED', 'NEGOTIATING', 'SIGNED', 'REGISTERED', 'CLOSED', 'WITHDRAWN'
    ))
);
create index demand_by_collection on commissioner.demand (collected_on, id);
comment on table commissioner.demand is 'Technology demands of firms (技术需求).';
comment on column commissioner.demand.id is 'Id, UUIDv7; named dmd_… outside.';
comment on column commissioner.demand.demand_no is 'Business number.';
comment on column commissioner.demand.enterprise_uscc is 'Unified social credit code of the firm.';
comment on column commissioner.demand.commissioner_no is 'Commissioner who looks after it; empty = none. Updated in place.';
comment on column commissioner.demand.field is 'Field of technology.';
comment on column commissioner.demand.words is 'The need, in words.';
comment on column commissioner.demand.words_digest is 'SHA-256 of the words without differences of white space: a firm''s demand is recorded once.';
comment on column commissioner.demand.budget_fen is 'Budget in fen; 0 = not stated.';
comment on column commissioner.demand.needed_by is 'Until when the firm needs it; null = not stated.';
comment on column commissioner.demand.agreed_on is 'Day on which the firm agreed to publication; null before. Updated in place.';
comment on column commissioner.demand.collected_on is 'Day collected.';
comment on column commissioner.demand.state is 'Present state; its history stands in demand_step. Updated in place.';
comment on column commissioner.demand.state_since is 'Day from which the present state holds. Updated in place.';
comment on column commissioner.demand.version is 'Guards writes; counts up. Updated in place.';
comment on column commissioner.demand.external_ref is 'The importer''s own reference; empty = none.';
comment on column commissioner.demand.recorded_at is 'When it was recorded (system clock).';

create table commissioner.demand_step (
    demand_id uuid not null,
    version bigint not null,
    state text not null,
    effective_on date not null,
    evidence text not null,
    recorded_at timestamptz not null,
    constraint demand_step_pkey primary key (demand_id, version),
    constraint demand_step_demand_fkey foreign key (demand_id) references commissioner.demand (id)
);
create index demand_step_by_state on commissioner.demand_step (state, effective_on);
comment on table commissioner.demand_step is 'Every step of a demand, kept for ever: what it was on a day, and what shows it.';
comment on column commissioner.demand_step.demand_id is 'The demand.';
comment on column commissioner.demand_step.version is 'Version of the demand that the step made; orders the steps.';
comment on column commissioner.demand_step.state is 'State from then on.';
comment on column commissioner.demand_step.effective_on is 'Day from which it holds; never before the step before.';
comment on column commissioner.demand_step.evidence is 'Match, signing or contract that shows it; empty where the demand itself does.';
comment on column commissioner.demand_step.recorded_at is 'When it was recorded (system clock).';

create table commissioner.achievement (
    id uuid not null,
    achievement_no text not null,
    owner_uscc text not null,
    title text not null,
    summary text not null,
    field text not null,
    ip_count integer not null,
    maturity integer not null,
    is_key boolean not null,
    registration_no text not null,
    collected_on date not null,
    disputed boolean not null,
    classified boolean not null,
    co_owner_consent text not null,
    version bigint not null,
    external_ref text not null,
    recorded_at timestamptz not null,
    constraint achievement_pkey primary key (id),
    constraint achievement_no_key unique (achievement_no),
    constraint achievement_title_key unique (owner_uscc, title),
    constraint achievement_ip_count_not_negative check (ip_count >= 0),
    constraint achievement_maturity_range check (maturity between 1 and 9),
    constraint achievement_consent_known check (co_owner_consent in ('', 'GIVEN', 'REFUSED'))
);
create index achievement_by_collection on commissioner.achievement (collected_on, id);
comment on table commissioner.achievement is 'Achievements (科技成果).';
comment on column commissioner.achievement.id is 'Id, UUIDv7; named ach_… outside.';
comment on column commissioner.achievement.achievement_no is 'Business number.';
comment on column commissioner.achievement.owner_uscc is 'Unified social credit code of the owner.';
comment on column commissioner.achievement.title is 'Title, one an owner.';
comment on column commissioner.achievement.summary is 'What it solves and how far it is.';
comment on column commissioner.achievement.field is 'Field of technology.';
comment on column commissioner.achievement.ip_count is 'Number of rights.';
comment on column commissioner.achievement.maturity is 'Technology readiness 1 to 9.';
comment on column commissioner.achievement.is_key is 'Whether it is a key achievement (重点科技成果).';
comment on column commissioner.achievement.registration_no is 'Achievement registration number (成果登记号); empty = none.';
comment on column commissioner.achievement.collected_on is 'Day collected.';
comment on column commissioner.achievement.disputed is 'Whether rights are disputed. Updated in place.';
comment on column commissioner.achievement.classified is 'Whether it is classified. Updated in place.';
comment on column commissioner.achievement.co_owner_consent is 'GIVEN or REFUSED by the co-owner; empty = no co-owner. Updated in place.';
comment on column commissioner.achievement.version is 'Guards writes; counts up. Updated in place.';
comment on column commissioner.achievement.external_ref is 'The importer''s own reference; empty = none.';
comment on column commissioner.achievement.recorded_at is 'When it was recorded (system clock).';

create table commissioner.merge (
    id uuid not null,
    kept_id uuid not null,
    duplicate_id uuid not null,
    merged_on date not null,
    reason text not null,
    undone_on date,
    undo_reason text not null,
    recorded_at timestamptz not null,
    constraint merge_pkey primary key (id),
    constraint merge_not_itself check (kept_id <> duplicate_id),
    constraint merge_undone_after check (undone_on >= merged_on)
);
create unique index merge_one_open on commissioner.merge (duplicate_id) where undone_on is null;
create index merge_by_duplicate on commissioner.merge (duplicate_id);
create index merge_by_kept on commissioner.merge (kept_id);
comment on table commissioner.merge is 'Merges of duplicate demands and achievements. Both records stay as they are, so undoing one restores both.';
comment on column commissioner.merge.id is 'Id, UUIDv7; named mrg_… outside.';
comment on column commissioner.merge.kept_id is 'The demand or achievement that is kept.';
comment on column commissioner.merge.duplicate_id is 'Its duplicate, which counts nowhere meanwhile.';
comment on column commissioner.merge.merged_on is 'First day on which it counts nowhere.';
comment on column commissioner.merge.reason is 'Why, in words.';
comment on column commissioner.merge.undone_on is 'Day from which it counts again; null = merged. Updated in place.';
comment on column commissioner.merge.undo_reason is 'Why it was undone, in words; empty before. Updated in place.';
comment on column commissioner.merge.recorded_at is 'When it was recorded (system clock).';

create table commissioner.handover (
    id uuid not null,
    demand_id uuid not null,
    kind text not null,
    from_commissioner_no text not null,
    to_commissioner_no text not null,
    state text not null,
    offered_on date not null,
    answer_by date not null,
    answered_on date,
    note text not null,
    answer text not null,
    version bigint not null,
    recorded_at timestamptz not null,
    constraint handover_pkey primary key (id),
    constraint handover_demand_fkey foreign key (demand_id) references commissioner.demand (id),
    constraint handover_kind_known check (kind in ('REFERRAL', 'HAND_OVER')),
    constraint handover_state_known check (state in ('OFFERED', 'ACCEPTED', 'DECLINED')),
    constraint handover_answered_whole check ((state = 'OFFERED') = (answered_on is null))
);
create index handover_by_demand on commissioner.handover (demand_id);
comment on table commissioner.handover is 'Referrals and hand-overs of demands between commissioners (转介, 交接).';
comment on column commissioner.handover.id is 'Id, UUIDv7; named hnd_… outside.';
comment on column commissioner.handover.demand_id is 'The demand.';
comment on column commissioner.handover.kind is 'REFERRAL or HAND_OVER.';
comment on column commissioner.handover.from_commissioner_no is 'Commissioner who looked after the demand when it was offered; empty = none.';
comment on column commissioner.handover.to_commissioner_no is 'Commissioner who is asked.';
comment on column commissioner.handover.state is 'OFFERED, ACCEPTED or DECLINED; an offer after its last day has lapsed. Updated in place.';
comment on column commissioner.handover.offered_on is 'Day of the offer.';
comment on column commissioner.handover.answer_by is 'Last day on which it can be answered.';
comment on column commissioner.handover.answered_on is 'Day of the answer; null before. Updated in place.';
comment on column commissioner.handover.note is 'What was said with the offer.';
comment on column commissioner.handover.answer is 'What was said with the answer; empty before. Updated in place.';
comment on column commissioner.handover.version is 'Guards writes; counts up. Updated in place.';
comment on column commissioner.handover.recorded_at is 'When it was recorded (system clock).';

create table commissioner.match_event (
    id uuid not null,
    event_no text not null,
    held_on date not null,
    kind text not null,
    title text not null,
    attendees integer not null,
    status text not null,
    version bigint not null,
    recorded_at timestamptz not null,
    constraint match_event_pkey primary key (id),
    constraint match_event_no_key unique (event_no),
    constraint match_event_attendees_not_negative check (attendees >= 0),
    constraint match_event_status_known check (status in ('PLANNED', 'HELD', 'CANCELLED'))
);
create index match_event_by_day on commissioner.match_event (held_on, id);
comment on table commissioner.match_event is 'Matchmaking events (对接活动).';
comment on column commissioner.match_event.id is 'Id, UUIDv7; named mev_… outside.';
comment on column commissioner.match_event.event_no is 'Business number.';
comment on column commissioner.match_event.held_on is 'Day.';
comment on column commissioner.match_event.kind is 'ROADSHOW, MATCHING or SALON.';
comment on column commissioner.match_event.title is 'Title.';
comment on column commissioner.match_event.attendees is 'Head count; 0 = not known. Updated in place when a planned event is settled.';
comment on column commissioner.match_event.status is 'PLANNED, HELD or CANCELLED; only held ones count. Updated in place.';
comment on column commissioner.match_event.version is 'Guards writes; counts up. Updated in place.';
comment on column commissioner.match_event.recorded_at is 'When it was recorded (system clock).';

create table commissioner.match (
    id uuid not null,
    demand_id uuid not null,
    achievement_id uuid not null,
    state text not null,
    proposed_by text not null,
    proposed_on date not null,
    state_since date not null,
    note text not null,
    version bigint not null,
    recorded_at timestamptz not null,
    constraint match_pkey primary key (id),
    constraint match_demand_fkey foreign key (demand_id) references commissioner.demand (id),
    constraint match_achievement_fkey foreign key (achievement_id) references commissioner.achievement (id),
    constraint match_state_known check (
        state in ('PROPOSED', 'ACCEPTED', 'NEGOTIATING', 'SIGNED', 'DECLINED', 'ENDED')
    )
);
create unique index match_one_live on commissioner.match (demand_id, achievement_id)
    where state not in ('DECLINED', 'ENDED');
create index match_by_achievement on commissioner.match (achievement_id);
comment on table commissioner.match is 'Matches of demands with achievements (供需对接).';
comment on column commissioner.match.id is 'Id, UUIDv7; named mat_… outside.';
comment on column commissioner.match.demand_id is 'The demand.';
comment on column commissioner.match.achievement_id is 'The achievement.';
comment on column commissioner.match.state is 'State. Updated in place.';
comment on column commissioner.match.proposed_by is 'Commissioner who proposed it.';
comment on column commissioner.match.proposed_on is 'Day proposed.';
comment on column commissioner.match.state_since is 'Day from which the state holds. Updated in place.';
comment on column commissioner.match.note is 'Words of the proposal, or why it ended. Updated in place.';
comment on column commissioner.match.version is 'Guards writes; counts up. Updated in place.';
comment on column commissioner.match.recorded_at is 'When it was recorded (system clock).';

create table commissioner.match_credit (
    match_id uuid not null,
    commissioner_no text not null,
    place integer not null,
    share_bp integer not null,
    constraint match_credit_pkey primary key (match_id, commissioner_no),
    constraint match_credit_match_fkey foreign key (match_id) references commissioner.match (id),
    constraint match_credit_share_range check (share_bp between 1 and 10000)
);
create index match_credit_by_commissioner on commissioner.match_credit (commissioner_no);
comment on table commissioner.match_credit is 'Who is credited for a match; the shares of one add up to 10000. Replaced as a whole.';
comment on column commissioner.match_credit.match_id is 'The match.';
comment on column commissioner.match_credit.commissioner_no is 'The commissioner.';
comment on column commissioner.match_credit.place is 'Place in the declared order.';
comment on column commissioner.match_credit.share_bp is 'Share in basis points.';

create table commissioner.interest (
    id uuid not null,
    commissioner_no text not null,
    kind text not null,
    uscc text,
    achievement_id uuid,
    from_on date not null,
    to_on date,
    recorded_at timestamptz not null,
    constraint interest_pkey primary key (id),
    constraint interest_achievement_fkey foreign key (achievement_id) references commissioner.achievement (id),
    constraint interest_kind_known check (kind in ('EMPLOYER', 'SHAREHOLDER', 'INVENTOR')),
    constraint interest_object_whole check (
        (kind = 'INVENTOR') = (achievement_id is not null) and (kind = 'INVENTOR') = (uscc is null)
    ),
    constraint interest_period_ordered check (to_on >= from_on)
);
create index interest_by_commissioner on commissioner.interest (commissioner_no, id);
comment on table commissioner.interest is 'Declared interests that bar a commissioner from brokering (利害关系).';
comment on column commissioner.interest.id is 'Id, UUIDv7; named coi_… outside.';
comment on column commissioner.interest.commissioner_no is 'The commissioner.';
comment on column commissioner.interest.kind is 'EMPLOYER, SHAREHOLDER or INVENTOR.';
comment on column commissioner.interest.uscc is 'Organisation; null for INVENTOR.';
comment on column commissioner.interest.achievement_id is 'Achievement; null but for INVENTOR.';
comment on column commissioner.interest.from_on is 'First day.';
comment on column commissioner.interest.to_on is 'Last day; null = open.';
comment on column commissioner.interest.recorded_at is 'When it was recorded (system clock).';

create table commissioner.signing (
    id uuid not null,
    signing_no text not null,
    event_no text not null,
    party_a_uscc text not null,
    party_b_uscc text not null,
    demand_id uuid,
    achievement_id uuid,
    match_id uuid,
    title text not null,
    amount_fen bigint not null,
    signed_on date not null,
    version bigint not null,
    external_ref text not null,
    recorded_at timestamptz not null,
    constraint signing_pkey primary key (id),
    constraint signing_no_key unique (signing_no),
    constraint signing_project_key unique (party_a_uscc, party_b_uscc, title, signed_on),
    constraint signing_demand_fkey foreign key (demand_id) references commissioner.demand (id),
    constraint signing_achievement_fkey foreign key (achievement_id) references commissioner.achievement (id),
    constraint signing_match_fkey foreign key (match_id) references commissioner.match (id),
    constraint signing_amount_not_negative check (amount_fen >= 0)
);
create index signing_by_day on commissioner.signing (signed_on, id);
create index signing_by_demand on commissioner.signing (demand_id);
comment on table commissioner.signing is 'Signed projects (签约项目).';
comment on column commissioner.signing.id is 'Id, UUIDv7; named sig_… outside.';
comment on column commissioner.signing.signing_no is 'Business number.';
comment on column commissioner.signing.event_no is 'Number of the event at which it was signed; empty = none.';
comment on column commissioner.signing.party_a_uscc is 'The side that gives the technology.';
comment on column commissioner.signing.party_b_uscc is 'The side that takes it.';
comment on column commissioner.signing.demand_id is 'Demand that it answers; null = none.';
comment on column commissioner.signing.achievement_id is 'Achievement that it puts to use; null = none.';
comment on column commissioner.signing.match_id is 'Match that it settled; null = none.';
comment on column commissioner.signing.title is 'Title.';
comment on column commissioner.signing.amount_fen is 'Amount in fen; 0 = framework agreement.';
comment on column commissioner.signing.signed_on is 'Day signed.';
comment on column commissioner.signing.version is 'Guards writes; counts up when its contract changes. Updated in place.';
comment on column commissioner.signing.external_ref is 'The importer''s own reference; empty = none.';
comment on column commissioner.signing.recorded_at is 'When it was recorded (system clock).';

create table commissioner.party_pair (
    party_a_uscc text not null,
    party_b_uscc text not null,
    constraint party_pair_pkey primary key (party_a_uscc, party_b_uscc)
);
comment on table commissioner.party_pair is 'Two parties with signings or contracts: its row is locked while the two are linked, whoever comes first.';
comment on column commissioner.party_pair.party_a_uscc is 'The side that gives the technology; the seller.';
comment on column commissioner.party_pair.party_b_uscc is 'The side that takes it; the buyer.';

create table commissioner.contract (
    contract_no text not null,
    seller_uscc text not null,
    buyer_uscc text not null,
    contract_type text not null,
    signed_on date not null,
    registered_on date not null,
    cancelled_on date,
    recorded_at timestamptz not null,
    constraint contract_pkey primary key (contract_no)
);
create index contract_by_parties on commissioner.contract (seller_uscc, buyer_uscc);
comment on table commissioner.contract is 'Registered technology contracts, as the feed of the permit service tells them.';
comment on column commissioner.contract.contract_no is 'Registration number.';
comment on column commissioner.contract.seller_uscc is 'Seller.';
comment on column commissioner.contract.buyer_uscc is 'Buyer.';
comment on column commissioner.contract.contract_type is 'Type of contract.';
comment on column commissioner.contract.signed_on is 'Day signed.';
comment on column commissioner.contract.registered_on is 'Day registered.';
comment on column commissioner.contract.cancelled_on is 'Day from which the registration is cancelled; null = live. Updated in place.';
comment on column commissioner.contract.recorded_at is 'When it was recorded (system clock).';

create table commissioner.contract_price (
    contract_no text not null,
    effective_on date not null,
    turnover_fen bigint not null,
    transaction_amount_fen bigint not null,
    constraint contract_price_pkey primary key (contract_no, effective_on),
    constraint contract_price_contract_fkey foreign key (contract_no) references commissioner.contract (contract_no)
);
comment on table commissioner.contract_price is 'Prices of contracts, each from its day on.';
comment on column commissioner.contract_price.contract_no is 'The contract.';
comment on column commissioner.contract_price.effective_on is 'Day of registration or amendment.';
comment on column commissioner.contract_price.turnover_fen is 'Total price in fen (成交额).';
comment on column commissioner.contract_price.transaction_amount_fen is 'Price without equipment and materials in fen (技术交易额).';

create table commissioner.signing_contract (
    signing_id uuid not null,
    contract_no text not null,
    linked_on date not null,
    unlinked_on date,
    constraint signing_contract_pkey primary key (signing_id, contract_no, linked_on),
    constraint signing_contract_signing_fkey foreign key (signing_id) references commissioner.signing (id),
    constraint signing_contract_contract_fkey foreign key (contract_no) references commissioner.contract (contract_no),
    constraint signing_contract_ordered check (unlinked_on > linked_on)
);
create index signing_contract_by_contract on commissioner.signing_contract (contract_no);
comment on table commissioner.signing_contract is 'Which contract carries out which signed project, and when. Derived from signings and contracts anew whenever either changes.';
comment on column commissioner.signing_contract.signing_id is 'The signed project.';
comment on column commissioner.signing_contract.contract_no is 'The contract.';
comment on column commissioner.signing_contract.linked_on is 'First day on which parties and amount are the same.';
comment on column commissioner.signing_contract.unlinked_on is 'First day on which they are not, or the contract is cancelled; null = open.';
