-- A cart that went into another one, as at a sign-in, is no journey of its own.

ALTER TABLE journeys ADD COLUMN merged_into TEXT;

DROP INDEX journeys_opened;
CREATE INDEX journeys_opened ON journeys (opened_at, merged_into, placed_at, paid_at, currency, amount);
