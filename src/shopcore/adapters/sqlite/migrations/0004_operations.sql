-- What keeps a shop running: the queue, the audit log, and the claims on requests.

-- `due_at` is when a worker may take the job: its time, or the end of a lease; NULL once it is done or dead.
CREATE TABLE jobs (
    id TEXT NOT NULL PRIMARY KEY,
    unique_key TEXT UNIQUE,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'leased', 'done', 'dead')),
    priority INTEGER NOT NULL,
    due_at INTEGER,
    done_at INTEGER,
    body BLOB NOT NULL,
    CHECK ((due_at IS NULL) = (state IN ('done', 'dead'))),
    CHECK ((done_at IS NULL) = (state <> 'done'))
) STRICT;

CREATE INDEX jobs_due ON jobs (priority, due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX jobs_by_state ON jobs (state, id);
CREATE INDEX jobs_done ON jobs (done_at) WHERE done_at IS NOT NULL;

CREATE TRIGGER jobs_are_done_once BEFORE UPDATE OF state ON jobs
WHEN OLD.state = 'done' AND NEW.state <> 'done' BEGIN
    SELECT RAISE(ABORT, 'a job that is done stays done');
END;

CREATE TABLE audit_entries (
    sequence INTEGER PRIMARY KEY,
    digest TEXT NOT NULL CHECK (length(digest) = 64),
    previous TEXT NOT NULL,
    body BLOB NOT NULL
) STRICT;

-- The first entry follows the empty log, whose digest is 64 zeros.
CREATE TRIGGER audit_entries_follow BEFORE INSERT ON audit_entries
WHEN NEW.sequence <> 1 + coalesce((SELECT max(sequence) FROM audit_entries), 0)
    OR NEW.previous <> coalesce(
        (SELECT digest FROM audit_entries ORDER BY sequence DESC LIMIT 1), hex(zeroblob(32))
    ) BEGIN
    SELECT RAISE(ABORT, 'an audit entry follows the last one');
END;

CREATE TRIGGER audit_entries_are_final BEFORE UPDATE ON audit_entries BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;

CREATE TRIGGER audit_entries_stay BEFORE DELETE ON audit_entries BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;

-- `sealed` is the reply, which may hold personal data; NULL until there is one.
CREATE TABLE claims (
    key TEXT NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    claimed_at INTEGER NOT NULL,
    leased_until INTEGER NOT NULL,
    body BLOB NOT NULL,
    sealed BLOB
) STRICT;

CREATE INDEX claims_age ON claims (claimed_at);

CREATE TRIGGER claims_finish_once BEFORE UPDATE ON claims
WHEN OLD.sealed IS NOT NULL AND NEW.sealed IS NULL BEGIN
    SELECT RAISE(ABORT, 'a reply that was given is kept');
END;
