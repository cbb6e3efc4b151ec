"""Wait for something to be had again."""

from dataclasses import dataclass

from shopcore.catalog.errors import VariantNotFound
from shopcore.catalog.model import ProductStatus
from shopcore.catalog.ports import Products
from shopcore.identity.errors import EmailNotVerified
from shopcore.identity.model import Mailing
from shopcore.identity.ports import Accounts
from shopcore.kernel.actor import Actor, signed_in
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import VariantId
from shopcore.messages.errors import MailingUnwanted, TooManyWatches
from shopcore.messages.model.watches import MOST, watch, watch_id
from shopcore.messages.ports import StockWatches


@dataclass(frozen=True, kw_only=True, slots=True)
class WatchStock:
    """One mail, when it can be had; whoever waits already goes on waiting."""

    accounts: Accounts
    products: Products
    watches: StockWatches
    clock: Clock

    async def __call__(self, actor: Actor, *, variant_id: VariantId) -> None:
        """A customer may, for themselves.

        Raises `EmailNotVerified`, `MailingUnwanted`, `VariantNotFound` or `TooManyWatches`.
        """
        customer_id = signed_in(actor).customer_id
        account = await self.accounts.get(customer_id)
        if account.verified_at is None:
            raise EmailNotVerified
        if Mailing.BACK_IN_STOCK in account.unwanted:
            raise MailingUnwanted(Mailing.BACK_IN_STOCK)
        found = (await self.products.find_variants([variant_id])).get(variant_id)
        if found is None or found[0].status is not ProductStatus.ACTIVE:
            raise VariantNotFound
        waiting = await self.watches.of_customer(customer_id)
        is_known = watch_id(variant_id, customer_id) in {each.id for each in waiting}
        if len(waiting) >= MOST and not is_known:
            raise TooManyWatches(MOST)
        await self.watches.put(watch(variant_id, customer_id, self.clock.now()))
