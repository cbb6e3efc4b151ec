-- Of which payment an event speaks that is not here, and when to look whether it is by now. The event itself stays as it was said.

ALTER TABLE inbox ADD COLUMN payment_id TEXT;
ALTER TABLE inbox ADD COLUMN look_at INTEGER;

CREATE INDEX inbox_to_look_at ON inbox (look_at) WHERE look_at IS NOT NULL;
CREATE INDEX inbox_aside_by_age ON inbox (at, gateway, event_id) WHERE look_at IS NOT NULL;

DROP TRIGGER inbox_is_final;
CREATE TRIGGER inbox_is_final BEFORE UPDATE OF gateway, event_id, at, body ON inbox BEGIN
    SELECT RAISE(ABORT, 'what a gateway said is not changed');
END;
