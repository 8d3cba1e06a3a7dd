-- Results that their unit uses itself (自行实施): the start of production, and the award of each year with what every
-- inventor got of it.

create table commissioner.self_use (
    id uuid not null,
    empowerment_id uuid not null,
    unit_uscc text not null,
    self_use_no text not null,
    in_use_on date not null,
    term_years integer not null,
    award_account uuid not null,
    version bigint not null,
    recorded_at timestamptz not null,
    constraint self_use_pkey primary key (id),
    constraint self_use_no_key unique (unit_uscc, self_use_no),
    constraint self_use_empowerment_fkey foreign key (empowerment_id) references commissioner.empowerment (id),
    constraint self_use_term_positive check (term_years > 0)
);
create index self_use_by_no on commissioner.self_use (self_use_no, id);
create index self_use_by_empowerment on commissioner.self_use (empowerment_id);
comment on table commissioner.self_use is 'Results that their unit uses itself (自行实施, RULES.md R49). The state on a day follows from the years and the awards.';
comment on column commissioner.self_use.id is 'Id, UUIDv7; named sfu_… outside.';
comment on column commissioner.self_use.empowerment_id is 'Empowerment whose agreement divides the awards.';
comment on column commissioner.self_use.unit_uscc is 'The unit.';
comment on column commissioner.self_use.self_use_no is 'The unit''s own number.';
comment on column commissioner.self_use.in_use_on is 'Start of production (投产); the years count from it.';
comment on column commissioner.self_use.term_years is 'Agreed number of years with an award.';
comment on column commissioner.self_use.award_account is 'Ledger account through which awards pass to the inventors.';
comment on column commissioner.self_use.version is 'Counts writes. Updated in place.';
comment on column commissioner.self_use.recorded_at is 'When it was recorded (system clock).';

create table commissioner.self_use_award (
    self_use_id uuid not null,
    year_no integer not null,
    operating_profit_fen bigint not null,
    award_fen bigint not null,
    floor_bp integer not null,
    agreement_version_no integer not null,
    awarded_on date not null,
    recorded_at timestamptz not null,
    constraint self_use_award_pkey primary key (self_use_id, year_no),
    constraint self_use_award_use_fkey foreign key (self_use_id) references commissioner.self_use (id),
    constraint self_use_award_year_positive check (year_no > 0),
    constraint self_use_award_within_profit check (award_fen between 0 and operating_profit_fen),
    constraint self_use_award_floor_in_range check (floor_bp between 0 and 10000)
);
comment on table commissioner.self_use_award is 'Awards out of the operating profit of a unit''s own use, one a year.';
comment on column commissioner.self_use_award.self_use_id is 'The use.';
comment on column commissioner.self_use_award.year_no is 'Which year from the start of production: 1, 2, 3 …';
comment on column commissioner.self_use_award.operating_profit_fen is 'Operating profit of the result in that year in fen; 0 for a loss.';
comment on column commissioner.self_use_award.award_fen is 'What the inventors got together, in fen.';
comment on column commissioner.self_use_award.floor_bp is 'Smallest part of the profit that was asked for then, in basis points.';
comment on column commissioner.self_use_award.agreement_version_no is 'Version of the agreement whose inner shares divided it.';
comment on column commissioner.self_use_award.awarded_on is 'Day of the award.';
comment on column commissioner.self_use_award.recorded_at is 'When it was recorded (system clock).';

create table commissioner.self_use_part (
    self_use_id uuid not null,
    year_no integer not null,
    ordinal integer not null,
    inventor text not null,
    amount_fen bigint not null,
    constraint self_use_part_pkey primary key (self_use_id, year_no, ordinal),
    constraint self_use_part_award_fkey
        foreign key (self_use_id, year_no) references commissioner.self_use_award (self_use_id, year_no),
    constraint self_use_part_not_negative check (amount_fen >= 0)
);
comment on table commissioner.self_use_part is 'What each inventor got of an award.';
comment on column commissioner.self_use_part.self_use_id is 'The use.';
comment on column commissioner.self_use_part.year_no is 'The year.';
comment on column commissioner.self_use_part.ordinal is 'Declared order of the agreement.';
comment on column commissioner.self_use_part.inventor is 'The inventor.';
comment on column commissioner.self_use_part.amount_fen is 'Amount in fen.';
