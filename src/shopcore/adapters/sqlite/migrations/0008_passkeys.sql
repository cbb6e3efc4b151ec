-- Whose a passkey is, by the SHA-256 of its credential's id: one account's, whatever the code does. And what is good once
-- and was used, until its time is over.

CREATE TABLE passkeys (
    credential TEXT NOT NULL PRIMARY KEY CHECK (length(credential) = 64),
    account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE
) STRICT;

CREATE INDEX passkeys_of_account ON passkeys (account_id);

CREATE TABLE spent_tokens (
    digest TEXT NOT NULL PRIMARY KEY CHECK (length(digest) = 64),
    until INTEGER NOT NULL
) STRICT;

CREATE INDEX spent_tokens_by_time ON spent_tokens (until);
