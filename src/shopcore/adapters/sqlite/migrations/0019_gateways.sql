-- Which gateways staff have switched off, in the body's `is_on`.

CREATE TABLE gateway_switches (
    gateway TEXT NOT NULL PRIMARY KEY,
    body BLOB NOT NULL
) STRICT;
