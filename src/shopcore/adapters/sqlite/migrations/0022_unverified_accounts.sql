-- Since when an account waits for its link to be followed, so that those whom nobody follows are forgotten. Of what is
-- there already it is not known, until it is next written.

ALTER TABLE accounts ADD COLUMN unverified_since INTEGER;

CREATE INDEX accounts_unverified ON accounts (unverified_since) WHERE unverified_since IS NOT NULL;
