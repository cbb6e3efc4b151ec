"""The driver's errors, in the shop's words: one table."""

from collections.abc import Callable

from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    ConnectionFailure,
    DuplicateKeyError,
    ExecutionTimeout,
    OperationFailure,
    PyMongoError,
)

from shopcore.kernel.errors import ShopError
from shopcore.kernel.stores import StoreBusy, StoreUnreachable, StoreUnusable

NAMESPACE_EXISTS = 48
NO_INDEX = 27
_DUPLICATE = 11000
_TRANSIENT = "TransientTransactionError"
_UNKNOWN_COMMIT = "UnknownTransactionCommitResult"

_CODES: dict[int, Callable[[], ShopError]] = {
    13: lambda: StoreUnusable(
        "the user of STORE_URL may not do this, or it names none; "
        "grant one the role readWrite on the database, and for shop migrate also dbAdmin"
    ),
    18: lambda: StoreUnusable("the store refuses the user or the password of STORE_URL"),
    20: lambda: StoreUnusable("STORE_URL is a server without transactions; start it as a replica set (--replSet)"),
    263: lambda: StoreUnusable("STORE_URL is a server without transactions; start it as a replica set (--replSet)"),
    121: lambda: StoreUnusable(
        "the store refuses what this program writes, as it does when a newer one has migrated it: update the program"
    ),
    14031: lambda: StoreUnusable("the disk of the store is full"),
    24: StoreBusy,  # LockTimeout
    50: StoreBusy,  # MaxTimeMSExpired
    112: StoreBusy,  # WriteConflict
    290: StoreBusy,  # TransactionExceededLifetimeLimitSeconds
}
"""Server codes (mongodb.com/docs/manual/reference/error-codes) that speak of the store, not of a statement."""

_CLASSES: tuple[tuple[type[PyMongoError], Callable[[], ShopError]], ...] = (
    (ExecutionTimeout, StoreBusy),
    (AutoReconnect, StoreUnreachable),  # also one who waited in vain for a connection
    (ConnectionFailure, StoreUnreachable),
)


class TryAgain(Exception):
    """What was tried did not fit what others did meanwhile. It is tried again, so no caller ever sees this."""


def translated(error: PyMongoError) -> Exception:
    """What a driver's error means to the shop; one that is a bug of ours is given back unchanged."""
    make = _CODES.get(error.code or 0) if isinstance(error, OperationFailure) else None
    make = make or next((make for kind, make in _CLASSES if isinstance(error, kind)), None)
    if make is None:
        if not error.timeout:
            return error
        make = StoreBusy
    answer = make()
    answer.__cause__ = error
    return answer


def is_conflict(error: BaseException) -> bool:
    """Whether the transaction can be run again from its start, as the server or driver says by a label.

    A duplicate key inside a transaction is one too: the next try looks before it adds, and finds what is there.
    """
    return is_duplicate(error) or (isinstance(error, PyMongoError) and error.has_error_label(_TRANSIENT))


def is_duplicate(error: BaseException) -> bool:
    """Whether all that keeps a document, or some of several, from being added is that its key is there.

    Not so where a majority has not confirmed what was added: that could still be undone.
    """
    if not isinstance(error, BulkWriteError):
        return isinstance(error, DuplicateKeyError)
    details = error.details or {}
    codes = {each["code"] for each in details.get("writeErrors", ())}
    return codes == {_DUPLICATE} and not details.get("writeConcernErrors")


def is_unknown_commit(error: PyMongoError) -> bool:
    """Whether a commit may have been applied, so that it can be asked for again."""
    return error.has_error_label(_UNKNOWN_COMMIT)
