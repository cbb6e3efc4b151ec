-- When a payment was begun, for the report over all of them. What there is already has it in its body, as text in RFC
-- 3339 with a fraction of six digits, or none.

ALTER TABLE payments ADD COLUMN begun_at INTEGER NOT NULL DEFAULT 0;

UPDATE payments SET begun_at = (
    SELECT
        unixepoch(substr(began, 1, 19)) * 1000000
        + CASE WHEN substr(began, 20, 1) = '.' THEN CAST(substr(began, 21, 6) AS INTEGER) ELSE 0 END
    FROM (SELECT json_extract(CAST(body AS TEXT), '$.created_at') AS began)
);

CREATE INDEX payments_by_age ON payments (begun_at, id);
