-- Which keys a shop needs, and the addresses of accounts under each key of the blind index.

-- `body` is msgspec's JSON; `index_keys`, an array, stands beside it: each new account asks for it.
CREATE TABLE held_keys (
    single INTEGER PRIMARY KEY CHECK (single = 1),
    index_keys TEXT NOT NULL CHECK (json_type(index_keys) = 'array'),
    body BLOB NOT NULL
) STRICT;

-- Whatever key an address is written under: no two accounts have one entry.
CREATE TABLE account_emails (
    email TEXT NOT NULL PRIMARY KEY, -- blind index
    account_id TEXT NOT NULL,
    key TEXT NOT NULL -- the key's id; empty for what was written before keys had one
) STRICT, WITHOUT ROWID;

CREATE INDEX account_emails_of_account ON account_emails (account_id);

INSERT INTO account_emails (email, account_id, key) SELECT email, id, '' FROM accounts;

-- A table that another refers to is not made anew without it.
CREATE TABLE passkeys_meanwhile AS SELECT credential, account_id FROM passkeys;

DROP TABLE passkeys;

CREATE TABLE accounts_without_email (
    id TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL CHECK (version >= 1),
    sealed BLOB NOT NULL
) STRICT;

INSERT INTO accounts_without_email (id, version, sealed) SELECT id, version, sealed FROM accounts;

DROP TABLE accounts;

ALTER TABLE accounts_without_email RENAME TO accounts;

CREATE TABLE passkeys (
    credential TEXT NOT NULL PRIMARY KEY CHECK (length(credential) = 64),
    account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE
) STRICT;

CREATE INDEX passkeys_of_account ON passkeys (account_id);

INSERT INTO passkeys (credential, account_id) SELECT credential, account_id FROM passkeys_meanwhile;

DROP TABLE passkeys_meanwhile;
