-- The pretend bank's own books. One charge per idempotency key, whatever the code does.
CREATE TABLE IF NOT EXISTS charges (
    key      TEXT PRIMARY KEY,
    id       TEXT NOT NULL UNIQUE,
    state    TEXT NOT NULL,
    amount   INTEGER NOT NULL CHECK (amount >= 0),
    refunded INTEGER NOT NULL DEFAULT 0 CHECK (refunded BETWEEN 0 AND amount),
    seen     INTEGER NOT NULL,
    body     BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS refunds (
    key    TEXT PRIMARY KEY,
    charge TEXT NOT NULL REFERENCES charges (key),
    amount INTEGER NOT NULL,
    done   INTEGER NOT NULL,
    at     INTEGER NOT NULL DEFAULT 0 -- microseconds since the epoch
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS deliveries (
    id        INTEGER PRIMARY KEY,
    charge    TEXT NOT NULL REFERENCES charges (key),
    body      BLOB NOT NULL,
    due_at    INTEGER NOT NULL, -- microseconds since the epoch
    attempts  INTEGER NOT NULL DEFAULT 0,
    delivered INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (due_at) WHERE NOT delivered;
