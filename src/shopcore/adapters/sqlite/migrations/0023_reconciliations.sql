-- When gateways were compared with the books, and what was found. The ids sort by time.

CREATE TABLE reconciliations (
    id TEXT NOT NULL PRIMARY KEY,
    body BLOB NOT NULL
) STRICT;
