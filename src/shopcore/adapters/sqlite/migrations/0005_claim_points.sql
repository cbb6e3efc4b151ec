-- How far a request got, in a column of its own: it is written down without reading the claim first.

ALTER TABLE claims ADD COLUMN point TEXT NOT NULL DEFAULT 'claimed';

UPDATE claims SET point = coalesce(CAST(body AS TEXT) ->> 'point', 'claimed');
