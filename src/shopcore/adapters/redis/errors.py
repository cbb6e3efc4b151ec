"""What Redis answers, said so that an operator knows what to do."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from redis import exceptions

from shopcore.kernel.errors import Unavailable

RETRY_AFTER = 1.0  # seconds: by then the way to Redis is tried again


class RedisUnreachable(Unavailable):
    """Redis did not do what it was asked to. Adapters here fall back; only what has no fallback lets this out."""

    code = "redis_unreachable"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, retry_after=RETRY_AFTER)


_STRANGER = "refuses the password: set the right one in REDIS_URL or REDIS_KEY"
_REPLICA = "is a replica that takes no writes (READONLY): let REDIS_URL point to the primary"
_FULL = "is full (OOM): give it more maxmemory, or let it evict with maxmemory-policy volatile-lru"
_UNSAVED = "cannot save to its disk and takes no writes (MISCONF): its own log says why"
_RIGHTS = "does not let this user do what the shop does (NOPERM): see docs/how-to/more-than-one-server.md"

_OLD = "is older than Redis 6.2 or Valkey 7.2, which this shop needs: update it"
_LOADING = "is still loading its data"
_ORPHAN = "is a replica without its primary (MASTERDOWN)"
_PARTIAL = "belongs to a cluster that does not serve all slots (CLUSTERDOWN)"
_NODE = "is one node of a cluster of several (MOVED): begin REDIS_URL with redis+cluster://"
_SINGLE = "is no cluster: begin REDIS_URL with redis://"
_SLOW = "does not answer in time"
_AWAY = "cannot be reached: see that it runs and that REDIS_URL (or REDIS_HOST) is right"

# The client takes the code off an answer and makes a type of it; inside a script's answer it stays as a word. The
# narrower types stand first.
_BY_TYPE: Sequence[tuple[type[Exception], str]] = (
    (exceptions.AuthenticationError, _STRANGER),
    (exceptions.ReadOnlyError, _REPLICA),
    (exceptions.OutOfMemoryError, _FULL),
    (exceptions.NoPermissionError, _RIGHTS),
    (exceptions.BusyLoadingError, _LOADING),
    (exceptions.MasterDownError, _ORPHAN),
    (exceptions.MovedError, _NODE),
    (exceptions.ClusterDownError, _PARTIAL),
    (exceptions.SlotNotCoveredError, _PARTIAL),
    (exceptions.TimeoutError, _SLOW),
    (TimeoutError, _SLOW),
)
_BY_WORD: Sequence[tuple[str, str]] = (
    ("WRONGPASS", _STRANGER),
    ("NOAUTH", _STRANGER),
    ("READONLY", _REPLICA),
    ("OOM ", _FULL),
    ("NOPERM", _RIGHTS),
    ("MISCONF", _UNSAVED),
    ("syntax error", _OLD),  # of a word that it does not know yet; the shop has no others
    ("Cluster mode is not enabled", _SINGLE),
    ("All slots are not covered", _PARTIAL),
    ("max number of clients", "has no connection left: raise its maxclients"),
    ("No connection available", "is asked more than its connections can carry"),
)
_REFUSING = frozenset({_STRANGER, _REPLICA, _FULL, _RIGHTS, _UNSAVED, _OLD})

FAILURES: tuple[type[Exception], ...] = (
    exceptions.RedisError,
    exceptions.RedisClusterException,
    OSError,
    TimeoutError,
)
"""Everything that asking Redis may end in within `as_lost`, but for mistakes of our own."""

_CLOSED = "handler is closed"


@contextmanager
def as_lost() -> Iterator[None]:
    """Take writing to a connection that was reset a moment ago for a connection that was lost.

    asyncio's own loop raises a `ConnectionResetError` there. That of uvloop (0.23) raises a `RuntimeError`, which
    redis-py (8.1) lets through as it is.
    """
    try:
        yield
    except RuntimeError as error:
        if _CLOSED not in str(error):
            raise
        raise exceptions.ConnectionError("the connection was reset") from error


def advice_on(error: Exception) -> str:
    """What is the matter with Redis; neither an address nor a value, which may hold a password."""
    by_type = next((text for kind, text in _BY_TYPE if isinstance(error, kind)), None)
    by_word = next((text for word, text in _BY_WORD if word in str(error)), None)
    away = _AWAY if isinstance(error, exceptions.ConnectionError | exceptions.RedisClusterException | OSError) else None
    return f"Redis {by_type or by_word or away or f'answers with an error ({type(error).__name__})'}"


def refuses_writes(error: Exception) -> bool:
    """Whether Redis is there and will go on refusing: one such answer is enough to stop asking."""
    return advice_on(error).removeprefix("Redis ") in _REFUSING
