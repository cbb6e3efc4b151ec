"""The driver's errors, in the shop's words: one table."""

from collections.abc import Callable, Iterator

from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    ConnectionFailure,
    DuplicateKeyError,
    ExecutionTimeout,
    NetworkTimeout,
    OperationFailure,
    PyMongoError,
    WaitQueueTimeoutError,
    WriteConcernError,
)

from shopcore.adapters.mongo.answers import is_answering
from shopcore.kernel.errors import ShopError
from shopcore.kernel.stores import StoreBusy, StoreUndecided, StoreUnreachable, StoreUnusable

NAMESPACE_EXISTS = 48
NO_INDEX = 27
UNAUTHORIZED = 13
_DUPLICATE = 11000
_TRANSIENT = "TransientTransactionError"
_UNKNOWN_COMMIT = "UnknownTransactionCommitResult"

_CODES: dict[int, Callable[[], ShopError]] = {
    UNAUTHORIZED: lambda: StoreUnusable(
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
    43: StoreBusy,  # CursorNotFound: the server that had it is not the same any more
    175: StoreBusy,  # QueryPlanKilled
    237: StoreBusy,  # CursorKilled
    11601: StoreBusy,  # Interrupted, by somebody who looks after the server
    100: StoreUnreachable,  # UnsatisfiableWriteConcern: no majority is left to confirm anything
    133: StoreUnreachable,  # FailedToSatisfyReadPreference: a mongos found no primary
    202: StoreUnreachable,  # NetworkInterfaceExceededTimeLimit: a mongos waited in vain
}
"""Server codes (mongodb.com/docs/manual/reference/error-codes) that speak of the store, not of a statement."""

LOST = frozenset({6, 7, 89, 91, 134, 189, 262, 9001, 10058, 10107, 11600, 11602, 13435, 13436})
"""The server shuts down, steps down, recovers, or has lost another. Drivers try it once more, says the specification of
retryable writes (github.com/mongodb/specifications, retryable-writes); where that found no primary, it comes out.
"""
_OVERLOADED = "SystemOverloadedError"
_RETRYABLE = ("RetryableWriteError", "RetryableError")

_KINDS = ("writeErrors", "writeConcernErrors")

_CLASSES: tuple[tuple[type[PyMongoError], Callable[[], ShopError]], ...] = (
    (ExecutionTimeout, StoreBusy),
    (AutoReconnect, StoreUnreachable),  # also one who waited in vain for a connection
    (ConnectionFailure, StoreUnreachable),
)


class TryAgain(Exception):
    """What was tried did not fit what others did meanwhile. It is tried again, so no caller ever sees this."""


def translated(error: PyMongoError) -> Exception:
    """What a driver's error means to the shop; one that is a bug of ours is given back unchanged."""
    make = _meaning(error)
    if make is None:
        return error
    answer = make()
    answer.__cause__ = error
    return answer


def _meaning(error: PyMongoError) -> Callable[[], ShopError] | None:
    if isinstance(error, NetworkTimeout | WaitQueueTimeoutError):
        return StoreBusy if is_answering() else StoreUnreachable
    for code in _codes(error):
        if code in LOST:
            return StoreUndecided if _is_unconfirmed(error) else StoreUnreachable
        if code in _CODES:
            return _CODES[code]
    for kind, make in _CLASSES:
        if isinstance(error, kind):
            return make
    if error.timeout or error.has_error_label(_OVERLOADED):
        return StoreBusy
    return StoreUnreachable if any(map(error.has_error_label, _RETRYABLE)) else None


def _codes(error: PyMongoError) -> Iterator[int]:
    """What the server calls it: one name, or where there were several statements, one for each that failed."""
    if isinstance(error, BulkWriteError):
        details = error.details or {}
        yield from (each["code"] for kind in _KINDS for each in details.get(kind, ()))
    elif isinstance(error, OperationFailure):
        yield error.code or 0


def _is_unconfirmed(error: PyMongoError) -> bool:
    """Whether it was written, and may stay: only that a majority has it was not heard."""
    if isinstance(error, BulkWriteError):
        return bool((error.details or {}).get("writeConcernErrors"))
    return isinstance(error, WriteConcernError)


def is_lost(error: BaseException) -> bool:
    """Whether the store is gone or busy, as far as this says, rather than that it refuses what it was asked."""
    return isinstance(error, PyMongoError) and isinstance(
        translated(error), StoreBusy | StoreUndecided | StoreUnreachable
    )


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
