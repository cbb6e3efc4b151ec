"""The rules of shipping and tax, held for a moment: every cart that is priced asks for them."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.units import current_unit
from shopcore.kernel.clock import Clock
from shopcore.pricing.model import PricingRules

ASKED_AFTER = timedelta(seconds=0.5)
HELD_FOR = timedelta(seconds=1)  # at most, while somebody asks


class HeldRules:
    """What the store said at most a second ago; what this process changes, it sees at once."""

    def __init__(self, database: MongoDatabase, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._held: tuple[datetime, PricingRules] | None = None
        self._changes = 0
        self._is_asking = False

    async def get(self, read: Callable[[], Awaitable[PricingRules]]) -> PricingRules:
        """What is held, or what `read` answers. A unit reads for itself: it sees its own writes, and nobody else does.

        While one asks anew the others go on with what they have.
        """
        if current_unit() is not None:
            return await read()
        now, changes = self._clock.now(), self._changes
        if self._held is not None:
            as_of, rules = self._held
            if as_of <= now < as_of + (HELD_FOR if self._is_asking else ASKED_AFTER):
                return rules
        self._is_asking = True
        try:
            rules = await read()
        finally:
            self._is_asking = False
        if changes == self._changes:
            self._held = now, rules
        return rules

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Around each write. Within a unit it counts once that is over, whether it was undone or not."""
        try:
            yield
        finally:
            if current_unit() is None:
                self._forget()
            else:
                self._database.at_end(self._forget)

    def _forget(self) -> None:
        self._changes += 1
        self._held = None
