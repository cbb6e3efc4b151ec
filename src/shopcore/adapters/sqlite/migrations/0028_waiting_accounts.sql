-- Of accounts from before 0022 it is not known whether they wait: each is looked at once, by the schedule that forgets.

ALTER TABLE accounts ADD COLUMN undated INTEGER NOT NULL DEFAULT 0 CHECK (undated IN (0, 1));

UPDATE accounts SET undated = 1 WHERE unverified_since IS NULL;

CREATE INDEX accounts_undated ON accounts (undated) WHERE undated = 1;
