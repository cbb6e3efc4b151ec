"""The entries that accounts are found by: one for each key of the blind index, each of them unique."""

import sqlite3

import msgspec

from shopcore.identity.errors import EmailTaken
from shopcore.kernel.sealing import Sealer
from shopcore.kernel.stores import StoreUnusable

_NEEDED = "SELECT index_keys FROM held_keys"
_TAKE = """
INSERT INTO account_emails (email, account_id, key) VALUES (?, ?, ?)
ON CONFLICT (email) DO UPDATE SET key = excluded.key WHERE account_id = excluded.account_id
RETURNING 1
"""
_FREE = "DELETE FROM account_emails WHERE account_id = ?"

_decode = msgspec.json.Decoder(list[str]).decode


def indexes(sealer: Sealer, email: str) -> tuple[str, ...]:
    """What an address is looked for by."""
    return tuple(sealer.blind_indexes(email, "accounts/email"))


def require_keys(connection: sqlite3.Connection, sealer: Sealer) -> None:
    """Raise `StoreUnusable` for a process that lacks a key under which every account has to be written."""
    row = connection.execute(_NEEDED).fetchone()
    missing = [] if row is None else [key for key in _decode(row[0]) if key not in sealer.index_keys]
    if missing:
        raise StoreUnusable(f"INDEX_KEY lacks {', '.join(missing)}: start this process again with the shop's keys")


def take(connection: sqlite3.Connection, sealer: Sealer, account_id: str, email: str) -> None:
    """Write an account's address under each key. Raises `EmailTaken` if one of them is another account's."""
    for index, key in zip(indexes(sealer, email), sealer.index_keys, strict=True):
        if connection.execute(_TAKE, (index, account_id, key)).fetchone() is None:
            raise EmailTaken


def free(connection: sqlite3.Connection, account_id: str) -> None:
    """Let go of an account's address under every key, also those that this process does not hold."""
    connection.execute(_FREE, (account_id,))
