-- Jobs of a kind that were begun within the last second, and how far each schedule was fired.

CREATE TABLE job_starts (
    kind TEXT NOT NULL,
    at INTEGER NOT NULL,
    count INTEGER NOT NULL CHECK (count > 0),
    PRIMARY KEY (kind, at)
) STRICT, WITHOUT ROWID;

CREATE TABLE job_ticks (kind TEXT NOT NULL PRIMARY KEY, tick INTEGER NOT NULL) STRICT, WITHOUT ROWID;

-- With the kind, so that jobs which wait for their turn are passed over in the index alone.
DROP INDEX jobs_due;
CREATE INDEX jobs_due ON jobs (priority, due_at, id, kind) WHERE due_at IS NOT NULL;
