-- Stock. A level is moved by its movements and by nothing else: the trigger below applies each row of
-- stock_movements as it is written, so that their sums are the level by construction, and a movement that would
-- break a CHECK of its level is refused together with it.

CREATE TABLE stock_levels (
    sku TEXT PRIMARY KEY,
    tracked INTEGER NOT NULL CHECK (tracked IN (0, 1)),
    policy TEXT NOT NULL CHECK (policy IN ('deny', 'continue')),
    on_hand INTEGER NOT NULL DEFAULT 0,
    reserved INTEGER NOT NULL DEFAULT 0,
    imported INTEGER,
    CONSTRAINT never_oversold CHECK (policy = 'continue' OR tracked = 0 OR (on_hand >= 0 AND reserved <= on_hand)),
    CONSTRAINT never_owed_units CHECK (reserved >= 0)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER stock_levels_start_empty BEFORE INSERT ON stock_levels
WHEN NEW.on_hand <> 0 OR NEW.reserved <> 0 BEGIN
    SELECT RAISE(ABORT, 'a level starts empty and is filled by movements');
END;

CREATE TRIGGER stock_levels_stay BEFORE DELETE ON stock_levels BEGIN
    SELECT RAISE(ABORT, 'a level is never removed: its movements would hang in the air');
END;

CREATE TABLE stock_movements (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    sku TEXT NOT NULL REFERENCES stock_levels (sku),
    kind TEXT NOT NULL CHECK (kind IN ('imported', 'adjusted', 'reserved', 'released', 'committed', 'restocked')),
    at INTEGER NOT NULL,
    on_hand INTEGER NOT NULL,
    reserved INTEGER NOT NULL,
    reason TEXT,
    order_id TEXT,
    CHECK (on_hand <> 0 OR reserved <> 0)
) STRICT;

CREATE INDEX stock_movements_by_sku ON stock_movements (sku, seq);

CREATE TRIGGER stock_movements_move_levels AFTER INSERT ON stock_movements BEGIN
    UPDATE stock_levels SET on_hand = on_hand + NEW.on_hand, reserved = reserved + NEW.reserved WHERE sku = NEW.sku;
END;

CREATE TRIGGER stock_movements_are_final BEFORE UPDATE ON stock_movements BEGIN
    SELECT RAISE(ABORT, 'movements are append-only');
END;

CREATE TRIGGER stock_movements_stay BEFORE DELETE ON stock_movements BEGIN
    SELECT RAISE(ABORT, 'movements are append-only');
END;

CREATE TABLE reservations (
    order_id TEXT PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('held', 'owned', 'committed', 'released')),
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX reservations_held ON reservations (expires_at, order_id) WHERE state = 'held';

-- `counted` says that the line stands in its level's figures. Of a SKU that was not tracked when it was reserved
-- nothing is counted, so nothing of it is committed or released either, whatever became of its rules meanwhile.
CREATE TABLE reservation_lines (
    order_id TEXT NOT NULL REFERENCES reservations (order_id),
    sku TEXT NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    counted INTEGER NOT NULL CHECK (counted IN (0, 1)),
    PRIMARY KEY (order_id, sku)
) STRICT, WITHOUT ROWID;
