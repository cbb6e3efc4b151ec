"""The schema, as numbered steps forward. `PRAGMA user_version` is the number of the last one taken."""

import sqlite3
from importlib.resources import files

from shopcore.adapters.sqlite.errors import StoreUnusable, translated

APPLICATION_ID = 0x53484F50  # "SHOP": tells our files from other people's databases


def steps() -> list[tuple[int, str]]:
    """Every step's number and SQL, in order."""
    scripts = [entry for entry in files(__name__).iterdir() if entry.name.endswith(".sql")]
    return sorted((int(entry.name[:4]), entry.read_text(encoding="utf-8")) for entry in scripts)


def migrate(connection: sqlite3.Connection) -> None:
    """Take the steps that the file has not seen, each in a transaction; safe to run twice and by two processes.

    Raises `StoreUnusable` for a file of a newer version, of another program, or one that cannot be written.
    """
    try:
        check(connection)
        for number, script in steps():
            if _version(connection) < number:
                _take(connection, number, script)
    except sqlite3.Error as error:
        answer = translated(error)
        raise StoreUnusable(answer.detail if answer else str(error)) from error


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def check(connection: sqlite3.Connection) -> None:
    """Raise `StoreUnusable` for a file of a newer version or of another program; an empty one will do."""
    version, known = _version(connection), steps()[-1][0]
    if version > known:
        raise StoreUnusable(f"the database is of a newer version ({version}) than this program knows ({known})")
    owner = connection.execute("PRAGMA application_id").fetchone()[0]
    is_empty = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0
    if owner != APPLICATION_ID and not is_empty:
        raise StoreUnusable("the file is a database of another program")


def _take(connection: sqlite3.Connection, number: int, script: str) -> None:
    connection.execute("PRAGMA busy_timeout = 10000")  # two processes may start at once; one waits for the other
    connection.execute("BEGIN IMMEDIATE")
    try:
        if _version(connection) < number:
            for statement in _statements(script):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {number}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        connection.execute("PRAGMA busy_timeout = 0")


def _statements(script: str) -> list[str]:
    """Split a script into statements; `executescript` would commit by itself."""
    statements, current = [], ""
    for line in script.splitlines(keepends=True):
        current += line
        if sqlite3.complete_statement(current):
            statements.append(current)
            current = ""
    return statements
