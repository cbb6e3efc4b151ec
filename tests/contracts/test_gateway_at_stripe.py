"""The contract of gateways at Stripe itself, where `SHOP_TEST_STRIPE_KEY` is a test key; it takes some minutes.

Without one nothing is asked of Stripe, and that leg is not collected. What looks at the account is tried on the double.
"""

import os
from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace
from tests.contracts.stripe_account import AccountParty, an_account
from tests.contracts.stripe_party import StripeParty, a_stripe

from shopcore.kernel.ids import RefundId
from shopcore.kernel.money import Money
from shopcore.payments.ports import PaymentGateway
from shopcore.testing.contracts.gateway import GatewayContract, RemoteParty, a_payment

pytestmark = pytest.mark.anyio

KEY = os.environ.get("SHOP_TEST_STRIPE_KEY", "")

if KEY:

    @pytest.mark.timeout(1_800)
    class TestAtStripe(GatewayContract):
        @pytest.fixture
        async def party(self) -> AsyncIterator[AccountParty]:
            async with an_account(KEY) as party:
                yield party

        @pytest.fixture
        def gateway(self, party: AccountParty) -> PaymentGateway:
            return party.gateway()

        @pytest.fixture
        def holder(self, party: AccountParty) -> PaymentGateway:
            return party.holder()

        @pytest.fixture
        def remote(self, party: AccountParty) -> RemoteParty:
            return party


async def test_the_api_shows_what_the_double_knows() -> None:
    """Whoever looks at an account through the API sees the same money as who looks into the double."""
    async with a_stripe() as party, an_account(party.double.secret_key, party.double.url) as account:
        gateway, payment, declined = account.gateway(), a_payment(account.ok), a_payment(account.declined)
        paid = replace(payment, reference=(await gateway.begin(payment)).reference)
        await gateway.refund(paid, RefundId(f"refund-{payment.id}"), Money(500, "USD"))
        await gateway.begin(declined)
        sides: tuple[AccountParty | StripeParty, ...] = (account, party)
        shown = [[(await side.taken(each), await side.given_back(each)) for each in (paid, declined)] for side in sides]
        event = gateway.read_webhook(*await account.webhook(paid))

    assert shown == [[(1999, 500), (0, 0)]] * 2
    assert event.report is not None
    assert event.report.reference == paid.reference


async def test_no_key_that_moves_money_is_used() -> None:
    with pytest.raises(AssertionError, match="test key"):
        async with an_account("sk_live_0123456789"):
            pass
