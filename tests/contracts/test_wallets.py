"""Payment methods that are kept: the wallets on every store, what Stripe keeps, and ways to it with a mistake."""

from collections.abc import AsyncIterator
from inspect import signature
from typing import Any

import pytest
from msgspec.structs import replace
from tests.contracts.stores import Store
from tests.contracts.stripe_party import StripeParty, a_stripe

from shopcore.adapters.stripe.gateway import StripeGateway
from shopcore.adapters.stripe.methods import StripeMethods
from shopcore.kernel.ids import CustomerId
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.payments.errors import GatewayUnavailable
from shopcore.payments.model import Payment, Report
from shopcore.payments.ports import MethodKeeper, PaymentGateway, Wallets
from shopcore.testing.contracts.gateway import RemoteParty
from shopcore.testing.contracts.method_keeper import ANN, MethodKeeperContract
from shopcore.testing.contracts.wallets import WalletsContract
from shopcore.testing.stripe_double import Fault

pytestmark = pytest.mark.anyio


class TestWallets(WalletsContract):
    @pytest.fixture
    def wallets(self, store: Store) -> Wallets:
        return store.wallets

    @pytest.fixture
    def unit_of_work(self, store: Store) -> UnitOfWork:
        return store.unit_of_work


class TestStripeMethods(MethodKeeperContract):
    @pytest.fixture
    async def party(self) -> AsyncIterator[StripeParty]:
        async with a_stripe() as party:
            yield party

    @pytest.fixture
    def keeper(self, party: StripeParty) -> MethodKeeper:
        return StripeMethods(party.link)

    @pytest.fixture
    def gateway(self, party: StripeParty) -> PaymentGateway:
        return party.gateway()

    @pytest.fixture
    def remote(self, party: StripeParty) -> RemoteParty:
        return party


class DropsAnybodys(StripeMethods):
    """Does not look whose a method is: Stripe takes out whatever it is told to."""

    async def drop(self, reference: str, method: str) -> None:
        options: Any = {"idempotency_key": f"{method}:detach"}
        await self._ask(lambda client: client.v1.payment_methods.detach_async(method, None, options))


class OpensNewOnes(StripeMethods):
    """Opens a wallet each time."""

    asked = 0

    async def open(self, customer_id: CustomerId) -> str:
        OpensNewOnes.asked += 1
        return await super().open(CustomerId(f"{customer_id}-{OpensNewOnes.asked}"))


class KeepsOpen(StripeMethods):
    """Says that a wallet is closed."""

    async def close(self, reference: str) -> None:
        return


class KeepsEverything(StripeGateway):
    """Has every method kept, whether its owner agrees or not."""

    async def begin(self, payment: Payment) -> Report:
        return await super().begin(replace(payment, saves=True))


@pytest.mark.parametrize(
    ("keeper", "gateway", "check"),
    [
        (DropsAnybodys, StripeGateway, "test_what_is_dropped_pays_no_more"),
        (OpensNewOnes, StripeGateway, "test_a_customer_has_one_wallet"),
        (KeepsOpen, StripeGateway, "test_a_closed_wallet_is_empty"),
        (StripeMethods, KeepsEverything, "test_what_its_owner_agrees_to_is_kept"),
    ],
)
async def test_a_keeper_with_a_mistake_is_noticed(
    keeper: type[StripeMethods], gateway: type[StripeGateway], check: str
) -> None:
    """Each by the check that is there for it."""
    contract: Any = MethodKeeperContract()
    async with a_stripe() as party:
        asked = {"keeper": keeper(party.link), "gateway": party.gateway(gateway), "remote": party}
        wanted = {name: asked[name] for name in signature(getattr(contract, check)).parameters}
        with pytest.raises((AssertionError, pytest.fail.Exception)):
            await getattr(contract, check)(**wanted)


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.HALF_AN_ANSWER, Fault.SERVER_ERROR, Fault.RATE_LIMITED])
async def test_a_stripe_that_does_not_answer_is_said(fault: Fault) -> None:
    """Nothing is taken for an empty wallet because nobody could look into it."""
    async with a_stripe() as party:
        keeper = StripeMethods(party.link)
        wallet = await keeper.open(ANN)
        party.double.faults.plan(fault, "GET .*", times=None)

        with pytest.raises(GatewayUnavailable):
            await keeper.methods(wallet)
