"""What is remembered of messages, so that each goes once, and not to where mail does not arrive."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from shopcore.kernel.ids import CustomerId, VariantId
from shopcore.messages.model import Sending, SendingState, StockWatch, Tally, Trouble, TroubledAddress


class SentMessages(Protocol):
    """What was begun and how it ended, by key."""

    async def find(self, key: str) -> Sending | None:
        """How the message stands, if anything is known of it."""
        ...

    async def begin(self, key: str, kind: str, at: datetime) -> Sending:
        """Note, durably, that the content is about to go, and answer how the message stands.

        MUST add a new key as open, and change a known one by `sending.begin`; of several at once each is counted.
        """
        ...

    async def close(self, key: str, kind: str, state: SendingState, at: datetime) -> None:
        """Note how a try ended: MUST add a new key as it ended, and change a known one by `sending.close`."""
        ...

    async def defer(self, key: str, kind: str, at: datetime) -> Sending:
        """Note that a try ended before anything could go: MUST add a new key as waiting, and leave a known one alone.

        What an earlier try has left open is still open then.
        """
        ...

    async def tally(self) -> Sequence[Tally]:
        """All that is remembered, by kind and state, sorted."""
        ...

    async def forget(self, before: datetime, limit: int) -> int:
        """Forget so many that have not changed since that moment, none of them open; answers how many."""
        ...


class TroubledAddresses(Protocol):
    """Addresses that mail to them came back from, by keyed digest."""

    async def note(self, address_id: str, trouble: Trouble, at: datetime) -> TroubledAddress:
        """One more report, by `troubles.troubled`, in the transaction in progress if there is one."""
        ...

    async def find(self, ids: Sequence[str]) -> TroubledAddress | None:
        """What is known of the address that has these digests, noted under whichever: all of it as one."""
        ...

    async def latest(self, limit: int) -> Sequence[TroubledAddress]:
        """Those heard of last, the newest first."""
        ...

    async def lift(self, ids: Sequence[str]) -> bool:
        """Forget all that is known of it; answers whether there was anything."""
        ...


class StockWatches(Protocol):
    """Who wants to hear when something can be had again, by id."""

    async def put(self, watch: StockWatch) -> None:
        """Add it; one that is there already stays as it is."""
        ...

    async def remove(self, watch_id: str) -> None:
        """Take it out; a no-op when it is not there."""
        ...

    async def of_customer(self, customer_id: CustomerId) -> Sequence[StockWatch]:
        """What a customer waits for, by variant."""
        ...

    async def remove_all(self, customer_id: CustomerId) -> None:
        """Take out all of a customer's."""
        ...

    async def variants(self, after: str, limit: int) -> Sequence[VariantId]:
        """At most so many variants that somebody waits for, those that come after that one; each once, sorted."""
        ...

    async def take(self, variant_id: VariantId, limit: int) -> Sequence[StockWatch]:
        """Take out at most so many of a variant, those that wait longest first, in the transaction in progress.

        MUST give each to one caller, and MUST be undone with the unit of work that it is called in.
        """
        ...

    async def page(self, after: str, limit: int) -> Sequence[StockWatch]:
        """At most so many, those whose id comes after that one, by id."""
        ...
