"""The contract of `shopcore.payments.ports.Inbox`."""

import asyncio
from datetime import timedelta

import msgspec
import pytest

from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.payments.model import PaymentState, Report
from shopcore.payments.ports import GatewayEvent, Inbox
from shopcore.testing.contracts.sales_samples import a_payment
from shopcore.testing.contracts.samples import NOON, Refused


def an_event(
    event_id: str, *, gateway: str = "bogus", state: PaymentState | None = PaymentState.SUCCEEDED
) -> GatewayEvent:
    """A webhook; one without a state reports on nothing that the shop knows."""
    payment = a_payment("mine")
    report = (
        None
        if state is None
        else Report(payment_id=payment.id, attempt=1, state=state, amount=payment.amount, reference="ch_1")
    )
    return GatewayEvent(gateway=gateway, event_id=event_id, type="payment.changed", report=report)


@pytest.mark.anyio
class InboxContract:
    """Override `inbox` and `unit_of_work`."""

    @pytest.fixture
    def inbox(self) -> Inbox:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def unit_of_work(self) -> UnitOfWork:
        pytest.fail("override this fixture with the unit of work that the port joins")

    @pytest.mark.parametrize("state", [None, *PaymentState])
    async def test_what_was_stored_is_what_is_got(self, inbox: Inbox, state: PaymentState | None) -> None:
        """With a report and without; an unknown event is None."""
        event = an_event("evt_1", state=state)

        assert await inbox.store(event, NOON)
        assert await inbox.get("bogus", "evt_1") == event
        assert await inbox.get("bogus", "evt_2") is None

    async def test_an_event_is_stored_once(self, inbox: Inbox) -> None:
        """Twenty deliveries at the same moment: one is the first, and what it said stays."""
        event = an_event("evt_1")

        answers = await asyncio.gather(*(inbox.store(event, NOON) for _ in range(20)))

        assert answers.count(True) == 1
        assert not await inbox.store(msgspec.structs.replace(event, type="other"), NOON)
        assert await inbox.get("bogus", "evt_1") == event

    async def test_gateways_number_their_events_themselves(self, inbox: Inbox) -> None:
        """The same id of two gateways is two events."""
        assert await inbox.store(an_event("evt_1"), NOON)
        assert await inbox.store(an_event("evt_1", gateway="other", state=None), NOON)

        assert await inbox.get("other", "evt_1") == an_event("evt_1", gateway="other", state=None)
        assert await inbox.get("bogus", "evt_1") == an_event("evt_1")

    async def test_the_oldest_are_forgotten_but_those_that_are_kept(self, inbox: Inbox) -> None:
        """At most so many at once, none from that moment on, and what is forgotten is new again."""
        for minute in range(6):
            await inbox.store(an_event(f"evt_{minute}"), NOON + timedelta(minutes=minute))
        await inbox.store(an_event("evt_0", gateway="other", state=None), NOON)
        kept, before = {("bogus", "evt_1"), ("other", "evt_0")}, NOON + timedelta(minutes=4)
        counts = [await inbox.forget(before, 2, kept) for _ in range(3)]
        there = [minute for minute in range(6) if await inbox.get("bogus", f"evt_{minute}") is not None]

        assert counts == [2, 1, 0]
        assert there == [1, 4, 5]
        assert await inbox.get("other", "evt_0") is not None
        assert await inbox.store(an_event("evt_0"), NOON)

    async def test_an_undone_unit_has_not_seen_it(self, inbox: Inbox, unit_of_work: UnitOfWork) -> None:
        """So the gateway's next delivery is the first again."""

        async def work() -> None:
            assert await inbox.store(an_event("evt_1"), NOON)
            assert not await inbox.store(an_event("evt_1"), NOON)
            raise Refused

        with pytest.raises(Refused):
            await unit_of_work(work)
        assert await inbox.get("bogus", "evt_1") is None
        assert await inbox.store(an_event("evt_1"), NOON)
