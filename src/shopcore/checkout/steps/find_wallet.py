"""What the gateway keeps for who pays."""

from collections.abc import Mapping
from dataclasses import dataclass

from shopcore.checkout.model import PaymentChoice
from shopcore.kernel.actor import Actor, App, Customer
from shopcore.kernel.clock import Clock
from shopcore.payments.errors import MethodNotKept
from shopcore.payments.model import Wallet, WalletName
from shopcore.payments.ports import MethodKeeper, Wallets


@dataclass(frozen=True, kw_only=True, slots=True)
class FindWallet:
    """The buyer's own wallet, and no other, at the gateway that they name or the first that keeps methods."""

    wallets: Wallets
    keepers: Mapping[str, MethodKeeper]
    clock: Clock

    async def __call__(self, actor: Actor, choice: PaymentChoice) -> WalletName | None:
        """None where the buyer has none; one is opened where they want this method kept. Not in a transaction.

        Raises `MethodNotKept` where that cannot be, and `GatewayUnavailable`: nothing is placed then.
        """
        if not isinstance(actor, Customer) or isinstance(actor.app, App):
            if choice.save:
                raise MethodNotKept("only for customers who are signed in")
            return None
        keeper = self._keeper(choice.gateway)
        if keeper is None:
            if choice.save:
                raise MethodNotKept("this gateway keeps none")
            return None
        known = {wallet.gateway: wallet for wallet in await self.wallets.of_customer(actor.customer_id)}
        wallet = known.get(keeper.name)
        if wallet is None and choice.save:
            wallet = await self._opened(keeper, actor)
        return None if wallet is None else wallet.name

    def _keeper(self, gateway: str | None) -> MethodKeeper | None:
        return next(iter(self.keepers.values()), None) if gateway is None else self.keepers.get(gateway)

    async def _opened(self, keeper: MethodKeeper, customer: Customer) -> Wallet:
        wallet = Wallet(
            customer_id=customer.customer_id,
            gateway=keeper.name,
            reference=await keeper.open(customer.customer_id),
            opened_at=self.clock.now(),
        )
        return await self.wallets.add(wallet)
