-- How far each cart has come, for reports. What is not known yet is NULL.

CREATE TABLE journeys (
    cart_id TEXT NOT NULL PRIMARY KEY,
    opened_at INTEGER NOT NULL,
    order_id TEXT,
    placed_at INTEGER,
    paid_at INTEGER,
    amount INTEGER,
    currency TEXT,
    CHECK ((amount IS NULL) = (currency IS NULL)),
    CHECK (paid_at IS NULL OR amount IS NOT NULL)
) STRICT, WITHOUT ROWID;

CREATE INDEX journeys_opened ON journeys (opened_at, placed_at, paid_at, currency, amount);
