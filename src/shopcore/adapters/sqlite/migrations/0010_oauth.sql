-- Apps and integrations, what customers let them do, and what they were given for it. Nothing personal.

-- The secret is kept nowhere; its hash stands in `body`.
CREATE TABLE oauth_clients (
    id TEXT NOT NULL PRIMARY KEY,
    body BLOB NOT NULL
) STRICT;

CREATE TRIGGER oauth_clients_are_kept BEFORE DELETE ON oauth_clients BEGIN
    SELECT RAISE(ABORT, 'the audit log refers to every client');
END;

CREATE TABLE oauth_consents (
    customer_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (customer_id, client_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE oauth_grants (
    id TEXT NOT NULL PRIMARY KEY,
    used INTEGER NOT NULL CHECK (used IN (0, 1)),
    expires_at INTEGER NOT NULL,
    version INTEGER NOT NULL CHECK (version >= 1),
    body BLOB NOT NULL
) STRICT;

CREATE INDEX oauth_grants_by_expiry ON oauth_grants (expires_at);

CREATE TRIGGER oauth_grants_are_used_once BEFORE UPDATE ON oauth_grants WHEN OLD.used = 1 BEGIN
    SELECT RAISE(ABORT, 'what was used, or has ended, stays as it is');
END;
