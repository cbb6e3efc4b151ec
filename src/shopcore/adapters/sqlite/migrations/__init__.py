"""The schema, as numbered steps forward. `PRAGMA user_version` is the number of the last one taken."""

import sqlite3
from functools import cache
from importlib.resources import files
from typing import TypeAlias

from shopcore.kernel.stores import StoreUnusable

Step: TypeAlias = tuple[int, tuple[str, ...]]

APPLICATION_ID = 0x53484F50  # "SHOP": tells our files from other people's databases


@cache
def steps() -> tuple[Step, ...]:
    """Every step's number and statements, in order."""
    scripts = [entry for entry in files(__name__).iterdir() if entry.name.endswith(".sql")]
    return tuple(sorted((int(entry.name[:4]), _statements(entry.read_text(encoding="utf-8"))) for entry in scripts))


def migrate(connection: sqlite3.Connection) -> None:
    """Take the steps that the file has not seen, all of them or none; safe to run twice and by two processes.

    Raises `StoreUnusable` for a file of a newer version or of another program, and SQLite's own errors.
    """
    check(connection)
    if _version(connection) < steps()[-1][0]:
        _take(connection, steps())


def check(connection: sqlite3.Connection) -> None:
    """Raise `StoreUnusable` for a file of a newer version or of another program; an empty one will do."""
    # In this order: while another process makes the file, it is empty, or ours.
    is_empty = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0
    owner = _owner(connection)
    if owner != APPLICATION_ID and not (is_empty and owner == 0):
        raise StoreUnusable("the file is a database of another program")
    version, known = _version(connection), steps()[-1][0]
    if version > known:
        raise StoreUnusable(f"the database is of a newer version ({version}) than this program knows ({known})")


def check_made(connection: sqlite3.Connection) -> None:
    """As `check`, and raise `StoreUnusable` for an empty file too: it holds no shop."""
    check(connection)
    if _owner(connection) != APPLICATION_ID:
        raise StoreUnusable("the file is empty")


def _owner(connection: sqlite3.Connection) -> int:
    owner: int = connection.execute("PRAGMA application_id").fetchone()[0]
    return owner


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def _take(connection: sqlite3.Connection, these: tuple[Step, ...]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection)  # of two processes the second one finds all done
        for number, statements in these:
            if version < number:
                for statement in statements:
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {number}")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _statements(script: str) -> tuple[str, ...]:
    """Split a script into statements; `executescript` would commit by itself."""
    statements, current = [], ""
    for line in script.splitlines(keepends=True):
        current += line
        if sqlite3.complete_statement(current):
            statements.append(current)
            current = ""
    # What is left is a comment, or a last statement without its semicolon, which must not be lost.
    return (*statements, current) if current.strip() else tuple(statements)
