-- Lines and instructions get ids that follow from what they are for (RULES.md R8); those that stand keep theirs.

comment on column subsidy.payment_line.id is 'Id, UUIDv5 of the entry, UUIDv7 in rows from before; named lin_… outside.';
comment on column subsidy.payment_attempt.id is 'Id, UUIDv5 of the line and the number of the attempt, UUIDv7 in rows from before; named ist_… at the bank, which is idempotent on it.';
