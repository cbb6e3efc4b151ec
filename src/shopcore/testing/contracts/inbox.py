"""The contract of `shopcore.payments.ports.Inbox`."""

import asyncio
from datetime import timedelta

import msgspec
import pytest

from shopcore.kernel.ids import PaymentId
from shopcore.kernel.paging import Position
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.payments.model import PaymentState, Report
from shopcore.payments.ports import Aside, GatewayEvent, Inbox
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


def an_aside(event_id: str, *, gateway: str = "bogus", minute: int = 0, look: int = 60) -> Aside:
    """The mark of an event that was received, and is to be looked at, so many minutes after noon."""
    at, look_at = (NOON + timedelta(minutes=each) for each in (minute, look))
    return Aside(gateway=gateway, event_id=event_id, payment_id=PaymentId("theirs"), received_at=at, look_at=look_at)


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

    async def test_what_is_set_aside_is_looked_at_when_its_time_has_come(self, inbox: Inbox) -> None:
        """The longest due first, and so many; what is to be looked at later, or taken up, no more. It stays."""
        for minute in range(6):
            await inbox.store(an_event(f"evt_{minute}"), NOON + timedelta(minutes=minute))
        marks = [an_aside(f"evt_{minute}", minute=minute, look=60 - minute) for minute in range(5)]
        await inbox.set_aside(*marks)
        first = await inbox.to_look_at(NOON + timedelta(minutes=60), 3)
        later = an_aside("evt_4", minute=4, look=61)
        await inbox.set_aside(later)
        await inbox.take_up(marks[3], an_aside("evt_5", minute=5))
        due = [await inbox.to_look_at(NOON + timedelta(minutes=each), 9) for each in (57, 58, 60, 61)]

        assert list(first) == [marks[4], marks[3], marks[2]]
        assert [list(each) for each in due] == [[], [marks[2]], [marks[2], marks[1], marks[0]], [*marks[2::-1], later]]
        assert await inbox.aside("bogus", "evt_4") == later
        assert [await inbox.aside("bogus", f"evt_{each}") for each in (3, 5, 9)] == [None] * 3
        assert await inbox.get("bogus", "evt_2") == an_event("evt_2")

    async def test_what_is_set_aside_is_paged_through_the_last_first(self, inbox: Inbox) -> None:
        """Each once, also of one moment, and beside many that are not; what is forgotten is gone."""
        for name in ("evt_1", "evt_2", "evt_3", "evt_4"):
            await inbox.store(an_event(name), NOON)
        await inbox.store(an_event("evt_1", gateway="other"), NOON)
        await inbox.store(an_event("evt_0"), NOON + timedelta(minutes=1))
        marks = [an_aside("evt_0", minute=1), an_aside("evt_1", gateway="other")]
        marks += [an_aside(f"evt_{each}") for each in (4, 3, 1)]
        await inbox.set_aside(*marks)
        seen: list[Aside] = []
        after: Position | None = None
        for limit in (1, 2, 1, 5):
            page = await inbox.all_aside(after, limit)
            seen, after = [*seen, *page.items], page.next_position
        await inbox.forget(NOON + timedelta(seconds=1), 9)

        assert seen == marks
        assert after is None
        assert (await inbox.all_aside(None, 5)).items == marks[:1]
        assert await inbox.to_look_at(NOON + timedelta(days=9), 5) == marks[:1]

    async def test_only_what_is_stored_is_set_aside(self, inbox: Inbox, unit_of_work: UnitOfWork) -> None:
        """Not what was forgotten, nor what has come again since under its name; an undone unit has marked nothing."""
        await inbox.store(an_event("evt_1"), NOON)
        await inbox.set_aside(an_aside("evt_1", minute=-5), an_aside("evt_2"))
        await inbox.take_up()

        async def work() -> None:
            await inbox.set_aside(an_aside("evt_1"))
            raise Refused

        with pytest.raises(Refused):
            await unit_of_work(work)
        assert (await inbox.all_aside(None, 5)).items == []
        assert await inbox.get("bogus", "evt_2") is None

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
