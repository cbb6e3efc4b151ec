"""What a repository does when SQLite refuses a statement."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeAlias

from shopcore.kernel.errors import ShopError

Refusals: TypeAlias = Mapping[str, Callable[[str], ShopError]]
"""SQLite's words for a broken constraint, and the answer that a buyer or merchant gets: one table per repository."""


@contextmanager
def refusing(refusals: Refusals, subject: str) -> Iterator[None]:
    """Turn a broken constraint that the table knows into its answer about `subject`; any other is an incident."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        answer = refusals.get(str(error))
        if answer is None:
            raise
        raise answer(subject) from error


@contextmanager
def all_or_nothing(connection: sqlite3.Connection) -> Iterator[None]:
    """Undo the statements of this block if it raises, so that a caller who catches the error can go on in its unit."""
    connection.execute("SAVEPOINT step")
    try:
        yield
    except BaseException:
        # A full disk rolls everything back by itself; then there is no savepoint left.
        if connection.in_transaction:
            connection.execute("ROLLBACK TO step")
            connection.execute("RELEASE step")
        raise
    connection.execute("RELEASE step")
