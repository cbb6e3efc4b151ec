"""The contracts of `shopcore.notifications.ports.SentMessages` and `TroubledAddresses`."""

import asyncio
from datetime import timedelta

import pytest

from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.messages.model import SendingState, Trouble
from shopcore.messages.ports import SentMessages, TroubledAddresses
from shopcore.testing.contracts.samples import NOON, Refused

LATER = NOON + timedelta(minutes=5)
KEY, KIND = "order-confirmation/one/digest", "order_confirmation"


@pytest.mark.anyio
class SentMessagesContract:
    """Override `sent`."""

    @pytest.fixture
    def sent(self) -> SentMessages:
        pytest.fail("override this fixture with the port under test")

    async def test_a_try_whose_end_is_known_is_no_repeat(self, sent: SentMessages) -> None:
        """However often it has to be made."""
        for _ in range(2):
            await sent.begin(KEY, KIND, NOON)
            await sent.close(KEY, KIND, SendingState.WAITING, LATER)
        begun = await sent.begin(KEY, KIND, LATER)

        assert (begun.repeats, begun.state) == (0, SendingState.OPEN)
        assert begun.began_at == NOON

    async def test_a_try_after_one_of_unknown_end_may_be_a_second_copy(self, sent: SentMessages) -> None:
        """Each is counted, and stays so once one was sent."""
        await sent.begin(KEY, KIND, NOON)
        again = await sent.begin(KEY, KIND, LATER)
        await sent.close(KEY, KIND, SendingState.SENT, LATER)
        await sent.begin("another", KIND, NOON)
        (open_, done) = await sent.tally()

        assert again.repeats == 1
        assert (open_.kind, open_.state, open_.messages, open_.repeats) == (KIND, SendingState.OPEN, 1, 0)
        assert (done.kind, done.state, done.messages, done.repeats) == (KIND, SendingState.SENT, 1, 1)

    async def test_of_many_at_once_each_is_counted(self, sent: SentMessages) -> None:
        """One is the first; all others may be copies."""
        begun = await asyncio.gather(*(sent.begin(KEY, KIND, NOON) for _ in range(5)))

        assert sorted(each.repeats for each in begun) == [0, 1, 2, 3, 4]

    async def test_what_was_sent_stays_sent(self, sent: SentMessages) -> None:
        """Whatever a slower try says; it is not begun again."""
        await sent.begin(KEY, KIND, NOON)
        await sent.close(KEY, KIND, SendingState.SENT, NOON)
        await sent.close(KEY, KIND, SendingState.WAITING, LATER)
        again = await sent.begin(KEY, KIND, LATER)

        assert (again.state, again.repeats) == (SendingState.SENT, 0)

    async def test_how_a_try_ended_is_known_where_its_beginning_is_not(self, sent: SentMessages) -> None:
        """Of what never went, or went to whoever knows keys again."""
        unknown = await sent.find(KEY)
        await sent.close(KEY, KIND, SendingState.WITHHELD, NOON)
        known = await sent.find(KEY)

        assert unknown is None
        assert known is not None
        assert (known.kind, known.state, known.began_at, known.repeats) == (KIND, SendingState.WITHHELD, NOON, 0)

    @pytest.mark.parametrize("state", SendingState)
    async def test_however_a_message_ends_is_kept(self, sent: SentMessages, state: SendingState) -> None:
        """Each way in which one can."""
        await sent.close(KEY, KIND, state, NOON)

        assert [(each.kind, each.state, each.messages) for each in await sent.tally()] == [(KIND, state, 1)]

    async def test_a_try_that_could_not_begin_leaves_open_what_is_open(self, sent: SentMessages) -> None:
        """Nobody knows any more than before of how the one before has ended."""
        first = await sent.defer(KEY, KIND, NOON)
        await sent.begin(KEY, KIND, LATER)
        second = await sent.defer(KEY, KIND, LATER)
        again = await sent.begin(KEY, KIND, LATER)

        assert [each.state for each in (first, second)] == [SendingState.WAITING, SendingState.OPEN]
        assert second.began_at == NOON
        assert again.repeats == 1

    async def test_what_has_ended_is_forgotten_in_time(self, sent: SentMessages) -> None:
        """So many at once, and nothing of which the end is not known."""
        for number in range(3):
            await sent.begin(f"{number}", KIND, NOON)
            await sent.close(f"{number}", KIND, SendingState.SENT, NOON)
        await sent.begin("open", KIND, NOON)

        assert await sent.forget(NOON, 10) == 0
        assert [await sent.forget(LATER, 2) for _ in range(3)] == [2, 1, 0]
        assert [each.state for each in await sent.tally()] == [SendingState.OPEN]


@pytest.mark.anyio
class TroubledAddressesContract:
    """Override `addresses` and `unit_of_work`."""

    @pytest.fixture
    def addresses(self) -> TroubledAddresses:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def unit_of_work(self) -> UnitOfWork:
        pytest.fail("override this fixture with the unit of work that the port joins")

    async def test_that_mail_comes_back_stands_above_a_complaint(self, addresses: TroubledAddresses) -> None:
        """Whichever came first; delays are counted and are none."""
        await addresses.note("one", Trouble.DELAYED, NOON)
        await addresses.note("one", Trouble.COMPLAINED, NOON)
        complained = await addresses.note("one", Trouble.DELAYED, NOON)
        await addresses.note("one", Trouble.BOUNCED, NOON)
        known = await addresses.note("one", Trouble.COMPLAINED, LATER)
        soft = await addresses.note("two", Trouble.DELAYED, NOON)

        assert (complained.suppressed_by, complained.delays) == (Trouble.COMPLAINED, 2)
        assert (known.suppressed_by, known.delays) == (Trouble.BOUNCED, 2)
        assert (soft.suppressed_by, soft.delays) == (None, 1)
        assert await addresses.find(["none", "one"]) == known
        assert await addresses.find(["none"]) is None
        assert [each.id for each in await addresses.latest(10)] == ["one", "two"]
        assert [each.id for each in await addresses.latest(1)] == ["one"]

    async def test_reports_at_once_are_all_counted(
        self, addresses: TroubledAddresses, unit_of_work: UnitOfWork
    ) -> None:
        """Each in a unit of its own."""
        await asyncio.gather(*(unit_of_work(lambda: addresses.note("one", Trouble.DELAYED, NOON)) for _ in range(5)))
        known = await addresses.find(["one"])

        assert known is not None
        assert known.delays == 5

    async def test_what_is_undone_was_not_reported(
        self, addresses: TroubledAddresses, unit_of_work: UnitOfWork
    ) -> None:
        """It goes with its unit."""

        async def work() -> None:
            await addresses.note("one", Trouble.BOUNCED, NOON)
            raise Refused

        with pytest.raises(Refused):
            await unit_of_work(work)

        assert await addresses.find(["one"]) is None

    async def test_what_is_lifted_is_forgotten(self, addresses: TroubledAddresses) -> None:
        """Under whichever of its digests; the next report is the first."""
        await addresses.note("one", Trouble.BOUNCED, NOON)
        lifted = [await addresses.lift(["other", "one"]), await addresses.lift(["one"])]
        known = await addresses.note("one", Trouble.DELAYED, LATER)

        assert lifted == [True, False]
        assert (known.suppressed_by, known.delays) == (None, 1)
