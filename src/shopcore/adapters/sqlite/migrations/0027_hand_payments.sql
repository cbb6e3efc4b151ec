-- Attempts to pay by transfer or at the door, and what staff say of them. Instants are in microseconds.

CREATE TABLE hand_payments (
    key TEXT NOT NULL PRIMARY KEY,
    first_moved_at INTEGER,
    last_moved_at INTEGER,
    body BLOB NOT NULL
) STRICT;

CREATE INDEX hand_payments_moved ON hand_payments (last_moved_at, key) WHERE last_moved_at IS NOT NULL;
