"""What any store says when it cannot answer.

"Nothing was written" is said of a unit of work. A statement outside of one, in a store that is a server, may have been
taken although its answer was lost: whoever makes such a statement must be able to make it again.
"""

from shopcore.kernel.errors import Unavailable

RETRY_AFTER = 1.0
"""Seconds: by then a busy writer has finished, and a full disk or a lost primary has been looked at."""


class StoreUnusable(Unavailable):
    """The store cannot be opened, read or written: what is wrong with it, and what to do."""

    code = "store_unusable"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, retry_after=RETRY_AFTER)


class StoreBusy(Unavailable):
    """A write waited too long for its turn; nothing was written."""

    code = "store_busy"

    def __init__(self) -> None:
        super().__init__("the store is busy", retry_after=RETRY_AFTER)


class StoreUnreachable(Unavailable):
    """No server of the store answers; nothing was written."""

    code = "store_unreachable"

    def __init__(self, retry_after: float = RETRY_AFTER) -> None:
        super().__init__("the store does not answer", retry_after=retry_after)


class StoreUndecided(Unavailable):
    """The connection was lost while committing: all of it was written or nothing, and nobody can tell.

    Who asks again with the same idempotency key finds out; who undoes the steps before might undo what was agreed on.
    """

    code = "store_undecided"

    def __init__(self) -> None:
        super().__init__("the store did not say whether it kept this; ask again", retry_after=RETRY_AFTER)
