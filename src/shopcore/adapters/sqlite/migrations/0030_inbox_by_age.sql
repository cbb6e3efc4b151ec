-- What gateways said long ago is forgotten, the oldest first.

CREATE INDEX inbox_by_age ON inbox (at);
