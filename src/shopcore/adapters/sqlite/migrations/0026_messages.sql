-- What was sent, so that it is sent once, and addresses that mail came back from. No address, only keyed digests.

CREATE TABLE messages (
    key TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'waiting', 'sent', 'refused', 'withheld')),
    repeats INTEGER NOT NULL CHECK (repeats >= 0),
    at INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;

CREATE INDEX messages_by_kind ON messages (kind, state, repeats);

CREATE INDEX messages_by_end ON messages (at) WHERE state <> 'open';

CREATE TRIGGER messages_stay_sent BEFORE UPDATE ON messages WHEN OLD.state = 'sent' AND NEW.state <> 'sent' BEGIN
    SELECT RAISE(ABORT, 'what was sent stays sent');
END;

CREATE TABLE troubled_addresses (
    id TEXT NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;

CREATE INDEX troubled_addresses_by_time ON troubled_addresses (at);

CREATE TABLE stock_watches (
    id TEXT NOT NULL PRIMARY KEY,
    variant_id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    since INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;

CREATE INDEX stock_watches_by_variant ON stock_watches (variant_id, since, id);

CREATE INDEX stock_watches_by_customer ON stock_watches (customer_id, variant_id);
