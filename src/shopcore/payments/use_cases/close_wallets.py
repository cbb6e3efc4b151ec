"""Have every gateway forget a customer who was erased."""

from collections.abc import Mapping
from dataclasses import dataclass

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.ids import CustomerId
from shopcore.payments.errors import GatewayUnavailable
from shopcore.payments.ports import MethodKeeper, Wallets


@dataclass(frozen=True, kw_only=True, slots=True)
class CloseWallets:
    """The gateways first: as long as one has not confirmed it, the shop still knows what to ask for."""

    wallets: Wallets
    keepers: Mapping[str, MethodKeeper]

    async def __call__(self, actor: Actor, *, customer_id: CustomerId) -> None:
        """The shop itself, or staff with `accounts:write`. Doing it again changes nothing.

        Raises `GatewayUnavailable`, also where a gateway is no longer in the settings: it still has what it keeps.
        """
        permit(actor, "accounts:write")
        for wallet in await self.wallets.of_customer(customer_id):
            keeper = self.keepers.get(wallet.gateway)
            if keeper is None:
                raise GatewayUnavailable(wallet.gateway)
            await keeper.close(wallet.reference)
        await self.wallets.remove_all(customer_id)
