-- Accounts and their sessions, and whose carts and orders are. All that an account holds is personal or secret, and
-- stands in `sealed`; `email` is a blind index.

CREATE TABLE accounts (
    id TEXT NOT NULL PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL CHECK (version >= 1),
    sealed BLOB NOT NULL
) STRICT;

CREATE TABLE sessions (
    id TEXT NOT NULL PRIMARY KEY,
    customer_id TEXT NOT NULL,
    ended INTEGER NOT NULL CHECK (ended IN (0, 1)),
    expires_at INTEGER NOT NULL,
    version INTEGER NOT NULL CHECK (version >= 1),
    sealed BLOB NOT NULL
) STRICT;

CREATE INDEX sessions_of_customer ON sessions (customer_id, id) WHERE ended = 0;
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TRIGGER sessions_end_once BEFORE UPDATE OF ended ON sessions
WHEN OLD.ended = 1 AND NEW.ended = 0 BEGIN
    SELECT RAISE(ABORT, 'a session that has ended stays ended');
END;

ALTER TABLE carts ADD COLUMN customer_id TEXT;

-- One open cart of each customer, whatever the code does.
CREATE UNIQUE INDEX carts_of_customer ON carts (customer_id) WHERE customer_id IS NOT NULL AND ordered = 0;

ALTER TABLE orders ADD COLUMN customer_id TEXT;

CREATE INDEX orders_of_customer ON orders (customer_id, placed_at, id) WHERE customer_id IS NOT NULL;

CREATE TRIGGER orders_keep_their_customer BEFORE UPDATE OF customer_id ON orders
WHEN OLD.customer_id IS NOT NULL AND NEW.customer_id IS NOT OLD.customer_id BEGIN
    SELECT RAISE(ABORT, 'an order is one customer''s for good');
END;
