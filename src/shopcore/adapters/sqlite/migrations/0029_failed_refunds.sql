-- Orders that money should have gone back of and did not: few, found without walking over the others.

ALTER TABLE orders ADD COLUMN refund_failed INTEGER NOT NULL DEFAULT 0;

UPDATE orders SET refund_failed = 1
WHERE EXISTS (
    SELECT 1 FROM json_each(CAST(body AS TEXT), '$.refunds') WHERE json_extract(value, '$.status') = 'failed'
);

CREATE INDEX orders_refund_failed ON orders (placed_at, id) WHERE refund_failed = 1;
