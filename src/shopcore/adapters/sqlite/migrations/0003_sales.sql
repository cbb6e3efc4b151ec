-- Carts, orders and their money. Times are microseconds since the epoch; a body is msgspec's JSON, without anything
-- personal; `sealed` is what is personal or secret in it, encrypted, and NULL where there is none.
-- Tables with a body have a rowid: SQLite keeps only small rows whole in the tree of a table without one.

CREATE TABLE carts (
    id TEXT NOT NULL PRIMARY KEY,
    token_hash TEXT NOT NULL UNIQUE,
    expires_at INTEGER NOT NULL,
    ordered INTEGER NOT NULL CHECK (ordered IN (0, 1)),
    version INTEGER NOT NULL CHECK (version >= 1),
    body BLOB NOT NULL,
    sealed BLOB
) STRICT;

CREATE INDEX carts_by_expiry ON carts (expires_at);

CREATE TRIGGER carts_are_ordered_once BEFORE UPDATE OF ordered ON carts
WHEN OLD.ordered = 1 AND NEW.ordered = 0 BEGIN
    SELECT RAISE(ABORT, 'a cart that became an order stays one');
END;

CREATE TABLE orders (
    id TEXT NOT NULL PRIMARY KEY,
    cart_id TEXT NOT NULL UNIQUE, -- one order of each cart, whatever the code does
    number TEXT NOT NULL UNIQUE CHECK (number = upper(number) AND instr(number, '-') = 0),
    token_hash TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'processing', 'shipped', 'delivered', 'cancelled')),
    payment_status TEXT NOT NULL CHECK (
        payment_status IN ('unpaid', 'authorized', 'paid', 'failed', 'partially_refunded', 'refunded')
    ),
    placed_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    email TEXT, -- blind index
    version INTEGER NOT NULL CHECK (version >= 1),
    body BLOB NOT NULL,
    sealed BLOB
) STRICT;

CREATE INDEX orders_by_age ON orders (placed_at, id);
CREATE INDEX orders_by_status ON orders (status, placed_at, id);
CREATE INDEX orders_by_email ON orders (email, placed_at, id) WHERE email IS NOT NULL;
CREATE INDEX orders_unpaid ON orders (expires_at, id) WHERE status = 'pending';

CREATE TRIGGER orders_stay BEFORE DELETE ON orders BEGIN
    SELECT RAISE(ABORT, 'an order is never removed');
END;

CREATE TRIGGER orders_keep_their_name BEFORE UPDATE OF id, cart_id, number, token_hash, placed_at ON orders BEGIN
    SELECT RAISE(ABORT, 'an order keeps its id, cart, number, token and date');
END;

CREATE TABLE payments (
    id TEXT NOT NULL PRIMARY KEY,
    order_id TEXT NOT NULL UNIQUE, -- one payment of each order: nobody is asked twice
    state TEXT NOT NULL CHECK (
        state IN ('requires_payment', 'requires_action', 'processing', 'failed', 'authorized', 'succeeded', 'voided')
    ),
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL CHECK (version >= 1),
    body BLOB NOT NULL,
    sealed BLOB
) STRICT;

CREATE INDEX payments_open ON payments (updated_at, id)
WHERE state IN ('requires_payment', 'requires_action', 'processing');

CREATE TRIGGER payments_stay BEFORE DELETE ON payments BEGIN
    SELECT RAISE(ABORT, 'a payment is never removed');
END;

CREATE TRIGGER payments_keep_what_they_took BEFORE UPDATE OF state ON payments
WHEN OLD.state = 'succeeded' AND NEW.state <> 'succeeded' BEGIN
    SELECT RAISE(ABORT, 'money that was taken is not forgotten');
END;

-- The journal. An entry comes whole, with its postings as JSON, so that one look at one row tells whether it
-- balances; the rows of `postings` are made of it by the trigger, and are what sums are taken from.

CREATE TABLE journal_entries (
    seq INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    at INTEGER NOT NULL,
    order_id TEXT NOT NULL,
    payment_id TEXT NOT NULL,
    postings TEXT NOT NULL CHECK (json_type(postings) = 'array')
) STRICT;

CREATE INDEX journal_entries_by_order ON journal_entries (order_id, seq);

CREATE TABLE postings (
    entry INTEGER NOT NULL REFERENCES journal_entries (seq),
    position INTEGER NOT NULL,
    account TEXT NOT NULL CHECK (
        account IN ('receivable', 'clearing', 'revenue', 'discount', 'shipping', 'tax', 'refund')
    ),
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    amount INTEGER NOT NULL,
    PRIMARY KEY (entry, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX postings_by_account ON postings (account, currency, amount);

CREATE TRIGGER journal_entries_balance BEFORE INSERT ON journal_entries
WHEN EXISTS (
    SELECT 1 FROM json_each(NEW.postings)
    GROUP BY json_extract(value, '$.amount.currency')
    HAVING sum(json_extract(value, '$.amount.amount')) <> 0
) BEGIN
    SELECT RAISE(ABORT, 'a journal entry sums to zero in every currency');
END;

CREATE TRIGGER journal_entries_are_posted AFTER INSERT ON journal_entries BEGIN
    INSERT INTO postings (entry, position, account, currency, amount)
    SELECT
        NEW.seq,
        key,
        json_extract(value, '$.account'),
        json_extract(value, '$.amount.currency'),
        json_extract(value, '$.amount.amount')
    FROM json_each(NEW.postings);
END;

-- Each place of an entry is taken as soon as the entry is there, so a row from elsewhere has none.
CREATE TRIGGER postings_come_with_their_entry BEFORE INSERT ON postings
WHEN NOT EXISTS (
    SELECT 1 FROM journal_entries
    WHERE seq = NEW.entry AND NEW.position < json_array_length(postings) AND NEW.position >= 0
) BEGIN
    SELECT RAISE(ABORT, 'a posting comes with its entry');
END;

CREATE TRIGGER journal_entries_are_final BEFORE UPDATE ON journal_entries BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;

CREATE TRIGGER journal_entries_stay BEFORE DELETE ON journal_entries BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;

CREATE TRIGGER postings_are_final BEFORE UPDATE ON postings BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;

CREATE TRIGGER postings_stay BEFORE DELETE ON postings BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;

CREATE TABLE inbox (
    gateway TEXT NOT NULL,
    event_id TEXT NOT NULL,
    at INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (gateway, event_id)
) STRICT;

CREATE TRIGGER inbox_is_final BEFORE UPDATE ON inbox BEGIN
    SELECT RAISE(ABORT, 'what a gateway said is not changed');
END;
