-- Two more accounts, the gateway at which an entry's money lies, and entries of free orders, which have no payment. SQLite
-- changes no CHECK of a table, so both are made anew, with all that stands in them.

DROP TRIGGER journal_entries_are_posted;

CREATE TABLE new_entries (
    seq INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    at INTEGER NOT NULL,
    order_id TEXT NOT NULL,
    payment_id TEXT,
    gateway TEXT,
    postings TEXT NOT NULL CHECK (json_type(postings) = 'array')
) STRICT;

INSERT INTO new_entries (seq, key, at, order_id, payment_id, gateway, postings)
SELECT
    seq,
    key,
    at,
    order_id,
    payment_id,
    CASE
        WHEN key LIKE 'sale/%' THEN NULL
        ELSE (SELECT json_extract(CAST(body AS TEXT), '$.gateway') FROM payments WHERE payments.id = payment_id)
    END,
    postings
FROM journal_entries;

CREATE TABLE new_postings (
    entry INTEGER NOT NULL REFERENCES new_entries (seq),
    position INTEGER NOT NULL,
    account TEXT NOT NULL CHECK (
        account IN (
            'receivable', 'clearing', 'revenue', 'discount', 'shipping', 'tax', 'refund', 'fee', 'dispute'
        )
    ),
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    amount INTEGER NOT NULL,
    PRIMARY KEY (entry, position)
) STRICT, WITHOUT ROWID;

INSERT INTO new_postings (entry, position, account, currency, amount)
SELECT entry, position, account, currency, amount FROM postings;

DROP TRIGGER postings_stay;

DROP TRIGGER journal_entries_stay;

DROP TABLE postings;

DROP TABLE journal_entries;

ALTER TABLE new_entries RENAME TO journal_entries;

ALTER TABLE new_postings RENAME TO postings;

CREATE INDEX journal_entries_by_order ON journal_entries (order_id, seq);

CREATE INDEX journal_entries_by_gateway ON journal_entries (gateway, at, seq) WHERE gateway IS NOT NULL;

CREATE INDEX journal_entries_by_time ON journal_entries (at);

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
