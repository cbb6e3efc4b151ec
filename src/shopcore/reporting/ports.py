"""What reports need from outside."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from shopcore.kernel.ids import CartId
from shopcore.reporting.model import Counts, Journey


class CartsInUse(Protocol):
    """What reports have to know of carts."""

    async def touched(self, since: datetime) -> Sequence[CartId]:
        """Those that somebody has changed from then on, ordered since or not."""
        ...


class Journeys(Protocol):
    """How far each cart has come, by its id."""

    async def note(self, journey: Journey) -> None:
        """Add what is known of a journey to what was known before.

        - MUST keep the earliest of each of its times, in whatever order and however often it is told.
        - MUST NOT forget what this one does not know.
        - MUST be atomic: of two told at once, neither is lost.
        """
        ...

    async def count(self, since: datetime, until: datetime) -> Counts:
        """The journeys whose cart was opened from `since` on and before `until`; sales sorted by currency.

        MUST leave out those that went into another cart. `open` stays 0.

        May be some seconds old.
        """
        ...

    async def unplaced(self, carts: Sequence[CartId], since: datetime, until: datetime) -> int:
        """How many of these carts count in that span and have no order. As old as `count` at most."""
        ...

    async def walk(self, after: str, limit: int) -> Sequence[tuple[str, Journey]]:
        """All there are, each with its cart's id, in the order of these: for a move to another store."""
        ...

    async def forget(self, before: datetime, limit: int) -> int:
        """Remove at most so many whose cart was opened before that; answers how many."""
        ...
