-- Who is told what happens, what there is to tell, and how far each telling has come.

CREATE TABLE webhook_endpoints (
    id TEXT NOT NULL PRIMARY KEY,
    sealed BLOB NOT NULL,
    body BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- How many steps of an order's timeline are told; kept when the events themselves are forgotten.
CREATE TABLE webhook_orders (
    order_id TEXT NOT NULL PRIMARY KEY,
    told INTEGER NOT NULL CHECK (told >= 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE webhook_events (
    place TEXT NOT NULL PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    body BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE webhook_deliveries (
    key TEXT NOT NULL PRIMARY KEY,
    endpoint_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed')),
    place TEXT NOT NULL,
    body BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX webhook_deliveries_endpoint ON webhook_deliveries (endpoint_id, place);
CREATE INDEX webhook_deliveries_state ON webhook_deliveries (endpoint_id, state, place);
CREATE INDEX webhook_deliveries_place ON webhook_deliveries (place);
