"""See which payment methods are kept for one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shopcore.kernel.actor import Actor, signed_in
from shopcore.payments.model import SavedMethod
from shopcore.payments.ports import MethodKeeper, Wallets


@dataclass(frozen=True, kw_only=True, slots=True)
class ListMethods:
    """What each gateway of the settings keeps, as it says itself at this moment."""

    wallets: Wallets
    keepers: Mapping[str, MethodKeeper]

    async def __call__(self, actor: Actor) -> Sequence[SavedMethod]:
        """A customer, in person, for themselves. Raises `GatewayUnavailable`."""
        customer = signed_in(actor)
        found: list[SavedMethod] = []
        for wallet in await self.wallets.of_customer(customer.customer_id):
            if keeper := self.keepers.get(wallet.gateway):
                found += await keeper.methods(wallet.reference)
        return found
