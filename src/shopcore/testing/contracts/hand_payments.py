"""The contract of `shopcore.payments.ports.HandPayments`."""

import asyncio
from datetime import datetime, timedelta
from functools import partial

import pytest
from msgspec.structs import replace

from shopcore.kernel.ids import OrderId, PaymentId, RefundId
from shopcore.kernel.money import Money
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.payments.model import (
    BANK_TRANSFER,
    HandPayment,
    PaymentState,
    given_by_hand,
    owed,
    received_by_hand,
)
from shopcore.payments.ports import HandPayments
from shopcore.testing.contracts.samples import NOON, Refused

_HOUR = timedelta(hours=1)


def waiting(key: str) -> HandPayment:
    """A transfer that nobody has made yet."""
    return HandPayment(
        key=key,
        payment_id=PaymentId("p"),
        attempt=1,
        order_id=OrderId("o"),
        amount=Money(1999, "USD"),
        method=BANK_TRANSFER,
        state=PaymentState.REQUIRES_ACTION,
        at=NOON,
        lapses_at=NOON + 24 * _HOUR,
    )


def refunded(one: HandPayment, came: datetime, went: datetime) -> HandPayment:
    """It came, and a part of it went back."""
    due = owed(received_by_hand(one, came), RefundId(f"{one.key}-r"), Money(500, "USD"), came)
    return given_by_hand(due, RefundId(f"{one.key}-r"), went)


def _put(one: HandPayment, _known: HandPayment | None) -> HandPayment:
    return one


@pytest.mark.anyio
class HandPaymentsContract:
    """Override `hand_payments` and `unit_of_work`."""

    @pytest.fixture
    def hand_payments(self) -> HandPayments:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def unit_of_work(self) -> UnitOfWork:
        pytest.fail("override this fixture with the unit of work that the port joins")

    async def test_what_was_changed_is_what_is_read(self, hand_payments: HandPayments) -> None:
        """The first change is given nothing, each further one what is there; they are counted."""
        seen: list[HandPayment | None] = []

        def open_it(known: HandPayment | None) -> HandPayment:
            seen.append(known)
            return waiting("a")

        def move(known: HandPayment | None) -> HandPayment:
            seen.append(known)
            assert known is not None
            return refunded(known, NOON, NOON + _HOUR)

        first = await hand_payments.change("a", open_it)
        second = await hand_payments.change("a", move)

        assert seen == [None, waiting("a")]
        assert first == waiting("a")
        assert second == replace(refunded(waiting("a"), NOON, NOON + _HOUR), version=2)
        assert (await hand_payments.get("a"), await hand_payments.get("b")) == (second, None)

    async def test_a_change_of_nothing_writes_nothing(self, hand_payments: HandPayments) -> None:
        await hand_payments.change("a", lambda known: known or waiting("a"))
        again = await hand_payments.change("a", lambda known: known or waiting("b"))

        assert again == waiting("a") == await hand_payments.get("a")

    async def test_no_change_is_lost(self, hand_payments: HandPayments) -> None:
        """Twenty at the same moment, the first of which find nothing."""

        def count(known: HandPayment | None) -> HandPayment:
            one = known or replace(waiting("a"), attempt=0)
            return replace(one, attempt=one.attempt + 1)

        await asyncio.gather(*(hand_payments.change("a", count) for _ in range(20)))
        found = await hand_payments.get("a")

        assert found is not None
        assert (found.attempt, found.version) == (20, 20)

    async def test_a_refused_change_leaves_what_was_there(self, hand_payments: HandPayments) -> None:
        def refuse(_known: HandPayment | None) -> HandPayment:
            raise Refused

        await hand_payments.change("a", lambda _: waiting("a"))
        for key in ("a", "b"):
            with pytest.raises(Refused):
                await hand_payments.change(key, refuse)

        assert (await hand_payments.get("a"), await hand_payments.get("b")) == (waiting("a"), None)

    async def test_an_undone_unit_leaves_nothing(self, hand_payments: HandPayments, unit_of_work: UnitOfWork) -> None:
        await hand_payments.change("a", lambda _: waiting("a"))

        async def work() -> None:
            await hand_payments.change("a", lambda known: received_by_hand(known or waiting("a"), NOON))
            await hand_payments.change("b", lambda _: waiting("b"))
            raise Refused

        with pytest.raises(Refused):
            await unit_of_work(work)
        assert (await hand_payments.get("a"), await hand_payments.get("b")) == (waiting("a"), None)

    async def test_what_moved_in_a_time_is_among_them(self, hand_payments: HandPayments) -> None:
        """From the first moment on, before the second; what waits has not moved."""
        made = {
            "waits": waiting("waits"),
            "before": refunded(waiting("before"), NOON - 3 * _HOUR, NOON - _HOUR / 60),
            "spans": refunded(waiting("spans"), NOON - _HOUR, NOON + _HOUR),
            "came": received_by_hand(waiting("came"), NOON),
            "after": received_by_hand(waiting("after"), NOON + _HOUR),
        }
        for key, one in made.items():
            await hand_payments.change(key, partial(_put, one))
        found = {one.key: one for one in await hand_payments.moved(NOON, NOON + _HOUR)}

        assert found["came"] == made["came"]
        assert not {"waits", "before", "after"} & found.keys()
        assert {one.key for one in await hand_payments.moved(NOON, NOON + 2 * _HOUR)} >= {"spans", "came", "after"}
