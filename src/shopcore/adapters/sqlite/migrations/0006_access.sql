-- Who may do what: the shop's own roles, the accounts that have roles, and the keys of other systems.

CREATE TABLE roles (
    name TEXT NOT NULL PRIMARY KEY,
    body BLOB NOT NULL
) STRICT;

CREATE TABLE members (
    customer_id TEXT NOT NULL PRIMARY KEY,
    body BLOB NOT NULL
) STRICT;

-- `digest` is the SHA-256 of the key, which is kept nowhere.
CREATE TABLE api_keys (
    id TEXT NOT NULL PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE CHECK (length(digest) = 64),
    body BLOB NOT NULL
) STRICT;

CREATE TRIGGER api_keys_stay_what_they_are BEFORE UPDATE OF id, digest ON api_keys BEGIN
    SELECT RAISE(ABORT, 'a key is another key');
END;

CREATE TRIGGER api_keys_are_kept BEFORE DELETE ON api_keys BEGIN
    SELECT RAISE(ABORT, 'the audit log refers to every key');
END;
