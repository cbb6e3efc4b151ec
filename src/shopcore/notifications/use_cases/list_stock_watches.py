"""Show what one waits for."""

from collections.abc import Sequence
from dataclasses import dataclass

from shopcore.kernel.actor import Actor, signed_in
from shopcore.messages.model import StockWatch
from shopcore.messages.ports import StockWatches


@dataclass(frozen=True, kw_only=True, slots=True)
class ListStockWatches:
    """All of it: one waits for a hundred things at most."""

    watches: StockWatches

    async def __call__(self, actor: Actor) -> Sequence[StockWatch]:
        """A customer may, for themselves."""
        return await self.watches.of_customer(signed_in(actor).customer_id)
