"""The manual gateway, on every store, and ones with a mistake."""

from datetime import timedelta
from typing import TypeVar

import pytest
from tests.contracts.staff import ForgetsKeys, OwesPerCall, Staff, Staffed, TakesPromises
from tests.contracts.stores import Store, sqlite_store

from shopcore.adapters.manual.gateway import ManualGateway
from shopcore.adapters.sqlite.database import Database
from shopcore.kernel.money import Money
from shopcore.payments.errors import BadSignature
from shopcore.payments.model import BANK_TRANSFER, CASH_ON_DELIVERY, NextAction
from shopcore.payments.ports import PaymentGateway
from shopcore.testing.contracts.gateway import QuietGatewayContract, RemoteParty, a_payment

pytestmark = pytest.mark.anyio

G = TypeVar("G", bound=ManualGateway)

MISTAKES: tuple[tuple[type[Staffed], str], ...] = (
    (TakesPromises, "test_money_that_is_held_is_taken_once"),
    (ForgetsKeys, "test_cancelling_the_unseen_burns_its_key"),
    (OwesPerCall, "test_a_refund_is_given_once_per_key"),
)


def a_gateway(kind: type[G], store: Store, staff: Staff) -> G:
    """One that keeps its book there."""
    return kind(
        store.hand_payments,
        store.unit_of_work,
        staff.clock,
        methods=(BANK_TRANSFER, CASH_ON_DELIVERY),
        details="Shop Ltd, XX00 1234",
        patience=timedelta(days=7),
    )


class TestManualGateway(QuietGatewayContract):
    @pytest.fixture
    def remote(self, store: Store) -> RemoteParty:
        return Staff(store.hand_payments)

    @pytest.fixture
    def gateway(self, store: Store, remote: Staff) -> PaymentGateway:
        return a_gateway(Staffed, store, remote)


@pytest.mark.parametrize(("kind", "check"), MISTAKES)
async def test_a_manual_gateway_with_a_mistake_is_noticed(kind: type[Staffed], check: str) -> None:
    """Each by the check that is there for it; the gateway without the mistake passes the same check."""
    contract = QuietGatewayContract()
    database = await Database.open()
    try:
        store = sqlite_store(database)
        staff = Staff(store.hand_payments)
        await getattr(contract, check)(a_gateway(Staffed, store, staff), staff)
        with pytest.raises((AssertionError, pytest.fail.Exception)):
            await getattr(contract, check)(a_gateway(kind, store, staff), staff)
    finally:
        await database.close()


async def test_it_tells_the_buyer_where_to_pay_and_believes_no_webhook() -> None:
    """And takes nothing while nobody says that it came."""
    database = await Database.open()
    try:
        store = sqlite_store(database)
        staff = Staff(store.hand_payments)
        gateway, payment = a_gateway(ManualGateway, store, staff), a_payment(None)
        report = await gateway.begin(payment)

        assert report.next_action == NextAction(type=BANK_TRANSFER, text="Shop Ltd, XX00 1234")
        assert report.quiet_until == staff.clock.now() + timedelta(days=7)
        assert (await staff.taken(payment), report.amount) == (0, Money(1999, "USD"))
        with pytest.raises(BadSignature):
            gateway.read_webhook(b"{}", {})
    finally:
        await database.close()
