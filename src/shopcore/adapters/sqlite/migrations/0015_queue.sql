-- The queue is counted by kind, and what is done is not walked over for it.

ALTER TABLE jobs ADD COLUMN kind TEXT NOT NULL DEFAULT '';
UPDATE jobs SET kind = json_extract(CAST(body AS TEXT), '$.kind');
CREATE INDEX jobs_open ON jobs (kind, state, due_at) WHERE done_at IS NULL;
