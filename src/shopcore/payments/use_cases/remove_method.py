"""Have a payment method kept no longer."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from shopcore.kernel.actor import Actor, signed_in
from shopcore.payments.errors import MethodNotFound
from shopcore.payments.ports import MethodKeeper, Wallets


@dataclass(frozen=True, kw_only=True, slots=True)
class RemoveMethod:
    """Take it out of one's own wallet: each is asked, so that nobody reaches into another's."""

    wallets: Wallets
    keepers: Mapping[str, MethodKeeper]

    async def __call__(self, actor: Actor, *, method: str) -> None:
        """A customer, in person, their own. Raises `MethodNotFound`, `GatewayUnavailable`."""
        customer = signed_in(actor)
        for wallet in await self.wallets.of_customer(customer.customer_id):
            if keeper := self.keepers.get(wallet.gateway):
                with suppress(MethodNotFound):
                    await keeper.drop(wallet.reference, method)
                    return
        raise MethodNotFound
