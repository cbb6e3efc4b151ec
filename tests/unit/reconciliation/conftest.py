"""A shop that is paid through Stripe, on each store, on a clock that stands still."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.contracts.stripe_party import StripeParty, a_stripe
from tests.kept import STORES, kept_in
from tests.stories import Bought, Story, opened

from shopcore.checkout.model import CheckOutCommand, PaymentChoice
from shopcore.kernel.actor import Guest
from shopcore.kernel.ids import OrderId
from shopcore.payments.model import Reconciliation
from shopcore.testing.stripe_double.webhooks import sign

STAFF = "staff@example.org"
VISA, DECLINED = "pm_card_visa", "pm_card_visa_chargeDeclined"


@dataclass
class AtStripe:
    """The shop, and Stripe, which tells it nothing unless it is asked."""

    story: Story
    party: StripeParty

    @property
    def account(self) -> Any:
        """What Stripe knows."""
        return self.party.double.account

    async def buys(self, method: str = VISA) -> Bought:
        """Somebody buys tea."""
        guest = await self.story.cart()
        asked = CheckOutCommand(payment=PaymentChoice(gateway="stripe", method=method))
        return self.story.bought(await self.story.as_(guest).checkout.check_out(command=asked, key="key"))

    async def charge_of(self, bought: Bought) -> dict[str, Any]:
        """What Stripe knows of a purchase's money."""
        reference = (await bought.payment()).reference
        (charge,) = [one for one in self.account.charges.values() if one["payment_intent"] == reference and one["paid"]]
        return dict(charge)

    async def told(self) -> None:
        """Stripe says what has happened, and the shop does what follows from it."""

        async def deliver(body: bytes, _headers: Mapping[str, str]) -> None:
            signed = sign(body, self.story.clock.now(), self.party.secrets[-1])
            await self.story.as_(Guest()).payments.receive_webhook(gateway="stripe", body=body, headers=signed)

        await self.party.double.webhooks.deliver_due(deliver)
        await self.story.settles()

    async def compare(self, minutes: float = 60) -> Reconciliation:
        """Time goes by, and gateways are compared with the books."""
        await self.story.passes(minutes * 60)
        return await self.story.staff.reconciliations.reconcile()


@asynccontextmanager
async def a_shop(folder: Path, **settings: Any) -> AsyncGenerator[AtStripe]:
    """One that has just been opened."""
    async with a_stripe() as party, opened(folder, staff_email=STAFF, **settings) as story:
        party.clock = story.clock
        party.double.account.now = story.clock.now
        story.with_gateway(party.gateway())
        await story.sell(on_hand=None)
        await story.passes(1)  # what workers do of themselves is done for today
        yield AtStripe(story, party)


@pytest.fixture(params=STORES)
async def at_stripe(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[AtStripe]:
    async with a_shop(tmp_path, **kept_in(request, request.param)) as shop:
        yield shop


@pytest.fixture
async def refused(at_stripe: AtStripe) -> tuple[AtStripe, OrderId]:
    """An order that was paid and cancelled, and whose money Stripe does not give back."""
    bought = await at_stripe.buys()
    at_stripe.account.refuses_refunds = "refund_disputed_payment"
    await bought.cancel()
    await at_stripe.story.settles()
    at_stripe.account.refuses_refunds = None
    return at_stripe, bought.id


@pytest.fixture
async def in_memory(tmp_path: Path) -> AsyncGenerator[AtStripe]:
    """For what is about many movements, and about no store."""
    async with a_shop(tmp_path) as shop:
        yield shop
