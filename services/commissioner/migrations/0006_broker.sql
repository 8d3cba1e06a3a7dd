-- Technology brokers (技术经纪人): matches that they propose and interests that bar them (RULES.md R19). A broker's number
-- has a column of its own: commissioners and training lists are numbered apart, so the same number may name two persons.

alter table commissioner.match
    alter column proposed_by drop not null,
    add column proposed_by_broker text,
    add constraint match_one_proposer check (num_nonnulls(proposed_by, proposed_by_broker) = 1);
create index match_by_broker on commissioner.match (proposed_by_broker, id) where proposed_by_broker is not null;
comment on column commissioner.match.proposed_by is 'Commissioner who proposed it; null = a broker did.';
comment on column commissioner.match.proposed_by_broker is 'Broker who proposed it, by his number in the training lists; null = a commissioner did.';
comment on table commissioner.match_credit is 'Who is credited for a match; the shares of one add up to 10000. The match of a broker has none until it is split. Replaced as a whole.';
comment on column commissioner.match_step.commissioners is 'Commissioners who are credited, in the declared order; empty while the match of a broker is not split.';
comment on column commissioner.match_step.shares_bp is 'Their shares in basis points, in the same order; together 10000 where there are any.';

alter table commissioner.interest
    alter column commissioner_no drop not null,
    add column broker_no text,
    add constraint interest_one_holder check (num_nonnulls(commissioner_no, broker_no) = 1);
create index interest_by_broker on commissioner.interest (broker_no, id) where broker_no is not null;
comment on table commissioner.interest is 'Declared interests that bar a commissioner or a broker from brokering (利害关系).';
comment on column commissioner.interest.commissioner_no is 'The commissioner; null = a broker''s.';
comment on column commissioner.interest.broker_no is 'The broker, by his number in the training lists; null = a commissioner''s.';
