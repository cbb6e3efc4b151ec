-- A message whose job was given up stays as such. A check cannot be changed, so the table is made anew.

CREATE TABLE messages_anew (
    key TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'waiting', 'sent', 'refused', 'withheld', 'discarded')),
    repeats INTEGER NOT NULL CHECK (repeats >= 0),
    at INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;

INSERT INTO messages_anew (key, kind, state, repeats, at, body) SELECT key, kind, state, repeats, at, body FROM messages;

DROP TABLE messages;

ALTER TABLE messages_anew RENAME TO messages;

CREATE INDEX messages_by_kind ON messages (kind, state, repeats);

CREATE INDEX messages_by_end ON messages (at) WHERE state <> 'open';

CREATE TRIGGER messages_stay_sent BEFORE UPDATE ON messages WHEN OLD.state = 'sent' AND NEW.state <> 'sent' BEGIN
    SELECT RAISE(ABORT, 'what was sent stays sent');
END;
