"""What running a shop needs from outside."""

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from shopcore.operations.model import ProductRows


class Allowance(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a hit may pass, and how many more may at once.

    `reset_seconds`: when refused, after how long one hit will pass if nobody else hits; when allowed, until when the
    window in progress ends.
    """

    allowed: bool
    limit: int
    remaining: int
    reset_seconds: float


class RateLimiter(Protocol):
    """Counts hits per key over a sliding window."""

    async def hit(self, key: str, limit: int, window_seconds: float, now: datetime) -> Allowance:
        """Count one hit, if it is allowed: a refused one costs nothing.

        - MUST allow at most `limit` at once, and at most twice that in any window (a sliding-window counter: the share
          of the last window that is still in sight counts as if its hits had been even).
        - MUST NOT let one key's hits count for another.
        - MUST keep to bounded memory, however many keys are invented.
        """
        ...


class ProductFile(Protocol):
    """A file of products in some format. It can be read more than once, from its start."""

    async def count(self) -> int:
        """How many rows there are after the header, as `read` will count them.

        - MUST look at the whole file first, so that an import of a broken one is refused before anything is written.
        - Raises `UnreadableFile`, naming the place, for a wrong header, encoding or quoting.
        """
        ...

    def read(self, currency: str, products: int) -> AsyncGenerator[Sequence[ProductRows], None]:
        """The rows in their order, those of at most so many products at once; prices are in `currency`.

        - MUST refuse rows that break a rule by name, and take the others, also those of the same product.
        - MUST NOT give a SKU or a handle twice.
        - MUST NOT hold more than a few products at once, however long the file is.
        - MUST give descriptions that are sanitised.
        - Raises `UnreadableFile`, like `count`.
        """
        ...
