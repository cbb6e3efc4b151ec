"""What the contract of a gateway says of money that is held first, and what all of it asks of the other side."""

import asyncio
import itertools
import os
from collections.abc import Mapping
from typing import Protocol

import msgspec
import pytest

from shopcore.kernel.ids import OrderId, PaymentId
from shopcore.kernel.money import Money
from shopcore.payments.errors import CaptureRefused, PaymentNotFound
from shopcore.payments.model import Payment, PaymentState
from shopcore.payments.ports import PaymentGateway
from shopcore.testing.clock import NEW_YEAR

TAKEN = frozenset({PaymentState.SUCCEEDED, PaymentState.AUTHORIZED})
_numbers = itertools.count()
_RUN = os.urandom(4).hex()
"""So that a remote party which remembers the keys of another run does not answer with what it did then."""


class RemoteParty(Protocol):
    """What the contract needs to know of the other side."""

    ok: str
    declined: str
    action: str
    held: str
    """Methods that are taken at once, declined, wait for the customer, and are held until they are captured."""

    def can_take(self, amount: Money) -> bool:
        """Whether it takes such amounts: a party may be unable to take some of some currencies, but not of dollars."""
        ...

    async def taken(self, payment: Payment) -> int:
        """What was taken for the payment in all attempts, in minor units, refunds not deducted."""
        ...

    async def given_back(self, payment: Payment) -> int:
        """What was refunded of it."""
        ...

    async def webhook(self, payment: Payment) -> tuple[bytes, Mapping[str, str]]:
        """A genuine webhook that says what became of the payment, as it would be sent right now."""
        ...

    async def old_webhook(self, payment: Payment) -> tuple[bytes, Mapping[str, str]]:
        """The same, genuine, and sent an hour ago."""
        ...

    async def early_webhook(self, payment: Payment) -> tuple[bytes, Mapping[str, str]]:
        """The same, signed with a time that is an hour ahead."""
        ...


def a_payment(method: str | None, *, amount: Money | None = None) -> Payment:
    """The first attempt at a payment that nobody has heard of."""
    number = next(_numbers)
    return Payment(
        id=PaymentId(f"payment-{_RUN}-{number}"),
        order_id=OrderId(f"order-{_RUN}-{number}"),
        gateway="gateway",
        method=method,
        amount=amount or Money(1999, "USD"),
        created_at=NEW_YEAR,
        updated_at=NEW_YEAR,
        return_url="https://shop.example.org/thanks",
    )


async def assert_taken(gateway: PaymentGateway, remote: RemoteParty, amount: Money) -> None:
    """That much is taken, by the party's own books, or nothing where it has no such amount."""
    payment = a_payment(remote.ok, amount=amount)
    report = await gateway.begin(payment)

    assert (report.payment_id, report.attempt, report.amount) == (payment.id, 1, amount)
    if report.state is PaymentState.FAILED and not remote.can_take(amount):
        assert report.failure
        assert await remote.taken(payment) == 0
    else:
        assert report.reference
        assert await remote.taken(payment) == amount.amount


@pytest.mark.anyio
class HeldMoneyContract:
    """A part of `GatewayContract`."""

    @pytest.fixture
    def holder(self, gateway: PaymentGateway) -> PaymentGateway:
        """A gateway to the same party that holds the money of the method `remote.held`, where that is another one."""
        return gateway

    async def test_money_that_is_held_is_taken_once(self, holder: PaymentGateway, remote: RemoteParty) -> None:
        """Ten at the same moment, then one more. Then it cannot be let go any more."""
        payment = a_payment(remote.held)
        held = await holder.begin(payment)
        before = await remote.taken(payment)
        reports = await asyncio.gather(*(holder.capture(payment) for _ in range(10)))
        reports.append(await holder.capture(payment))

        assert (held.state, before) == (PaymentState.AUTHORIZED, 0)
        assert {(report.state, report.amount) for report in reports} == {(PaymentState.SUCCEEDED, payment.amount)}
        assert await remote.taken(payment) == 1999
        assert await holder.look_up(payment) == reports[-1] == await holder.cancel(payment)

    async def test_a_part_is_taken_once_and_the_rest_let_go(self, holder: PaymentGateway, remote: RemoteParty) -> None:
        """Ten at the same moment, then one who asks for all: no more is taken."""
        payment = a_payment(remote.held)
        await holder.begin(payment)
        part = msgspec.structs.replace(payment, capturing=Money(1200, "USD"))
        reports = await asyncio.gather(*(holder.capture(part) for _ in range(10)))
        reports.append(await holder.capture(payment))

        assert {(report.state, report.amount) for report in reports} == {(PaymentState.SUCCEEDED, Money(1200, "USD"))}
        assert await remote.taken(payment) == 1200
        assert await holder.look_up(payment) == reports[-1] == await holder.cancel(payment)

    async def test_a_part_that_cannot_be_taken_leaves_all_of_it_held(
        self, holder: PaymentGateway, remote: RemoteParty
    ) -> None:
        """Thousandths of a dinar, where the party does not know such: then the rest of what is held can be taken."""
        payment, part = a_payment(remote.held, amount=Money(20_000, "KWD")), Money(12_345, "KWD")
        await holder.begin(payment)
        if not remote.can_take(part):
            with pytest.raises(CaptureRefused):
                await holder.capture(msgspec.structs.replace(payment, capturing=part))
            assert await remote.taken(payment) == 0
            part = Money(12_340, "KWD")
        report = await holder.capture(msgspec.structs.replace(payment, capturing=part))

        assert (report.state, report.amount) == (PaymentState.SUCCEEDED, part)
        assert await remote.taken(payment) == part.amount

    async def test_money_that_is_held_is_let_go(self, holder: PaymentGateway, remote: RemoteParty) -> None:
        """Then it cannot be taken any more; nor can what was never seen."""
        payment = a_payment(remote.held)
        await holder.begin(payment)
        released, late = await holder.cancel(payment), await holder.capture(payment)

        assert released.state is late.state is PaymentState.VOIDED
        assert await remote.taken(payment) == 0
        with pytest.raises(PaymentNotFound):
            await holder.capture(a_payment(remote.held))

    async def test_holding_on_and_letting_go_agree_at_the_same_moment(
        self, holder: PaymentGateway, remote: RemoteParty
    ) -> None:
        """Whichever comes first, both say the same."""
        payments = [a_payment(remote.held) for _ in range(10)]
        for payment in payments:
            await holder.begin(payment)
        pairs = itertools.cycle(((holder.capture, holder.cancel), (holder.cancel, holder.capture)))
        acts = [act(payment) for payment, pair in zip(payments, pairs, strict=False) for act in pair]
        answers = await asyncio.gather(*acts)

        for payment, one, other in zip(payments, answers[::2], answers[1::2], strict=True):
            assert one.state is other.state
            assert await remote.taken(payment) == (1999 if one.state in TAKEN else 0)
