"""Wait no more."""

from dataclasses import dataclass

from shopcore.kernel.actor import Actor, signed_in
from shopcore.kernel.ids import VariantId
from shopcore.messages.model.watches import watch_id
from shopcore.messages.ports import StockWatches


@dataclass(frozen=True, kw_only=True, slots=True)
class UnwatchStock:
    """Whoever does not wait has nothing to take back."""

    watches: StockWatches

    async def __call__(self, actor: Actor, *, variant_id: VariantId) -> None:
        """A customer may, for themselves."""
        await self.watches.remove(watch_id(variant_id, signed_in(actor).customer_id))
