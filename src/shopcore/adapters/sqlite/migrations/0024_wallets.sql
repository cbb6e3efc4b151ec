-- What gateways call the wallets of customers: where they keep payment methods. Nothing that pays lies here.

CREATE TABLE wallets (
    customer_id TEXT NOT NULL,
    gateway TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (customer_id, gateway)
) STRICT, WITHOUT ROWID;
