"""How the buyer is to pay, found out before anything is promised."""

from collections.abc import Sequence
from dataclasses import dataclass

from shopcore.checkout.model import PaymentChoice, country_of
from shopcore.checkout.steps.find_wallet import FindWallet
from shopcore.checkout.steps.pay_order import AskGateway
from shopcore.checkout.steps.place_order import Paying
from shopcore.kernel.actor import Actor
from shopcore.ordering.model import Order


@dataclass(frozen=True, kw_only=True, slots=True)
class ChoosePaying:
    """The gateways and the wallet that a choice means at this moment."""

    gateway: AskGateway
    find_wallet: FindWallet

    async def __call__(self, actor: Actor, choice: PaymentChoice) -> Paying:
        """Not in a transaction: a gateway may be asked. Raises as `AskGateway.check` and `FindWallet`; what it answers
        raises as `AskGateway.choose`.
        """
        self.gateway.check(choice)
        off, wallet = await self.gateway.off(), await self.find_wallet(actor, choice)

        def gateways(order: Order) -> Sequence[str]:
            return self.gateway.choose(choice, order.totals.total, country_of(order), off)

        return Paying(choice, gateways, wallet)
