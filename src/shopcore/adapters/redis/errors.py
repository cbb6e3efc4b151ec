"""What Redis answers, said so that an operator knows what to do."""

from collections.abc import Sequence

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

_BY_WORD: Sequence[tuple[str, str]] = (
    ("WRONGPASS", _STRANGER),
    ("NOAUTH", _STRANGER),
    ("invalid username-password", _STRANGER),
    ("READONLY", _REPLICA),
    ("OOM ", _FULL),
    ("NOPERM", _RIGHTS),
    ("MISCONF", _UNSAVED),
    ("LOADING", "is still loading its data"),
    ("MASTERDOWN", "is a replica without its primary (MASTERDOWN)"),
    ("CLUSTERDOWN", "belongs to a cluster that does not serve all slots (CLUSTERDOWN)"),
    ("MOVED", "is one node of a cluster of several (MOVED): let REDIS_URL point to a proxy of the cluster"),
    ("max number of clients", "has no connection left: raise its maxclients"),
)
_BY_TYPE: Sequence[tuple[type[Exception], str]] = (
    (exceptions.AuthenticationError, _STRANGER),
    (exceptions.MaxConnectionsError, "is asked more than its connections can carry"),
    (exceptions.TimeoutError, "does not answer in time"),
    (TimeoutError, "does not answer in time"),
    (exceptions.ConnectionError, "cannot be reached: see that it runs and that REDIS_URL (or REDIS_HOST) is right"),
    (OSError, "cannot be reached: see that it runs and that REDIS_URL (or REDIS_HOST) is right"),
)
_REFUSING = frozenset({_STRANGER, _REPLICA, _FULL, _RIGHTS, _UNSAVED})

FAILURES: tuple[type[Exception], ...] = (exceptions.RedisError, OSError, TimeoutError)
"""Everything that asking Redis may end in, but for mistakes of our own."""


def advice_on(error: Exception) -> str:
    """What is the matter with Redis; neither an address nor a value, which may hold a password."""
    said = str(error)
    by_word = next((text for word, text in _BY_WORD if word in said), None)
    by_type = next((text for kind, text in _BY_TYPE if isinstance(error, kind)), None)
    return f"Redis {by_word or by_type or f'answers with an error ({type(error).__name__})'}"


def refuses_writes(error: Exception) -> bool:
    """Whether Redis is there and will go on refusing: one such answer is enough to stop asking."""
    return advice_on(error).removeprefix("Redis ") in _REFUSING
