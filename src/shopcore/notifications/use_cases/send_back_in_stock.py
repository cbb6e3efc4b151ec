"""Write to a customer that something can be had again."""

from dataclasses import dataclass
from datetime import datetime

from shopcore.catalog.ports import Products
from shopcore.identity.errors import AccountNotFound
from shopcore.identity.model import Mailing
from shopcore.identity.model.mailings import is_wanted_by, leaving_link
from shopcore.identity.ports import Accounts
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.ids import CustomerId, VariantId
from shopcore.kernel.sealing import Signer
from shopcore.notifications.model import back_in_stock
from shopcore.notifications.steps import Deliver


@dataclass(frozen=True, kw_only=True, slots=True)
class SendBackInStock:
    """Once for each time that they have asked; not without a mailbox that is shown to be theirs, nor where they
    want no such mails.
    """

    accounts: Accounts
    products: Products
    signer: Signer
    deliver: Deliver
    app_url: str

    async def __call__(self, actor: Actor, *, customer_id: CustomerId, variant_id: VariantId, since: datetime) -> None:
        """The shop itself. Raises as `Deliver`, and `ProductUnreadable` while the product cannot be: a failed try, of
        which the job has five days' worth, and then waits for `shop jobs retry`.
        """
        permit(actor, "mail:write")
        found = (await self.products.find_variants([variant_id])).get(variant_id)
        try:
            account = await self.accounts.get(customer_id)
        except AccountNotFound:
            return
        if found is not None and is_wanted_by(account, Mailing.BACK_IN_STOCK):
            product, variant = found
            name = " / ".join((product.title, *variant.option_values))
            key = f"{variant_id}/{customer_id}/{int(since.timestamp())}"
            link = f"{self.app_url.rstrip('/')}/products/{product.slug}"
            leave = leaving_link(self.signer, Mailing.BACK_IN_STOCK, account, self.app_url)
            await self.deliver(back_in_stock(key, account.email, name, link, leave, account.locale))
