"""The contract of `shopcore.payments.ports.Payments`."""

import asyncio
from datetime import timedelta
from functools import partial

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from shopcore.kernel.ids import OrderId, PaymentId
from shopcore.kernel.money import Money
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.payments.errors import PaymentNotFound, PaymentNotRetryable
from shopcore.payments.model import OPEN, Dispute, DisputeState, Payment, PaymentState, Report, record, try_again
from shopcore.payments.ports import Payments
from shopcore.testing.contracts.sales_samples import a_mark, a_payment
from shopcore.testing.contracts.samples import NOON, Refused
from shopcore.testing.strategies.payments import payments as any_payments

MINE = PaymentId("mine")
_TRY_AGAIN = partial(try_again, gateways=("bogus",), method="card", return_url=None, at=NOON)


def reporting(state: PaymentState) -> Report:
    """The gateway's word on the first attempt of `mine`."""
    payment = a_payment("mine")
    return Report(payment_id=payment.id, attempt=1, state=state, amount=payment.amount, reference=f"ref-{state}")


@pytest.mark.anyio
class PaymentsContract:
    """Override `payments` and `unit_of_work`."""

    @pytest.fixture
    def payments(self) -> Payments:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def unit_of_work(self) -> UnitOfWork:
        pytest.fail("override this fixture with the unit of work that the port joins")

    @given(payment=any_payments())
    @settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
    async def test_what_was_added_is_what_is_got(self, payments: Payments, payment: Payment) -> None:
        """Storing and reading is identity, by id and by order, what only the buyer may know included."""
        mark = a_mark()
        payment = msgspec.structs.replace(
            payment, id=PaymentId(mark + payment.id), order_id=OrderId(mark + payment.order_id)
        )
        await payments.add(payment)

        assert await payments.get(payment.id) == payment
        assert await payments.of_order(payment.order_id) == payment

    async def test_what_became_of_its_money_is_kept(self, payments: Payments) -> None:
        """Where else it may turn, how much was asked for and taken, and who complained."""
        part = Money(1200, "USD")
        payment = msgspec.structs.replace(
            a_payment("mine", state=PaymentState.SUCCEEDED),
            others=("second", "third"),
            is_set_by=True,
            capturing=part,
            captured=part,
            disputes=(Dispute(id="dp_1", state=DisputeState.WON, amount=part),),
        )
        await payments.add(payment)

        assert await payments.get(MINE) == payment

    async def test_what_is_not_there_is_not_found(self, payments: Payments) -> None:
        """Reading and changing refuse; asking by order answers None."""
        with pytest.raises(PaymentNotFound):
            await payments.get(PaymentId("unknown"))
        with pytest.raises(PaymentNotFound):
            await payments.update(PaymentId("unknown"), _TRY_AGAIN)
        assert await payments.of_order(OrderId("unknown")) is None

    async def test_a_known_id_is_not_added_again(self, payments: Payments) -> None:
        """Whoever resumes a checkout may add the intent a second time: it stays as far as it got."""
        await payments.add(a_payment("mine"))
        taken = await payments.update(MINE, partial(record, report=reporting(PaymentState.SUCCEEDED), at=NOON))

        await payments.add(a_payment("mine"))

        assert await payments.get(MINE) == taken
        assert taken.state is PaymentState.SUCCEEDED

    async def test_a_change_counts_the_version_up(self, payments: Payments) -> None:
        """The answer is what is stored; an equal payment is no change."""
        await payments.add(a_payment("mine"))

        failed = await payments.update(MINE, partial(record, report=reporting(PaymentState.FAILED), at=NOON))
        again = await payments.update(MINE, msgspec.structs.replace)

        assert (failed.version, failed.state) == (2, PaymentState.FAILED)
        assert await payments.get(MINE) == again == failed

    async def test_a_refused_change_changes_nothing(self, payments: Payments) -> None:
        """Whatever `change` raises comes out unchanged."""
        await payments.add(a_payment("mine"))

        with pytest.raises(PaymentNotRetryable):
            await payments.update(MINE, _TRY_AGAIN)
        assert await payments.get(MINE) == a_payment("mine")

    async def test_reports_at_one_moment_end_at_the_furthest(self, payments: Payments) -> None:
        """In whichever order they are taken in, the money that one of them brings is not lost."""
        await payments.add(a_payment("mine"))

        await asyncio.gather(
            *(payments.update(MINE, partial(record, report=reporting(state), at=NOON)) for state in PaymentState)
        )

        assert (await payments.get(MINE)).state is PaymentState.SUCCEEDED

    async def test_one_of_two_new_tries_is_refused(self, payments: Payments) -> None:
        """Two clicks on "try again" are one attempt."""
        await payments.add(msgspec.structs.replace(a_payment("mine", state=PaymentState.FAILED), closed=(1,)))

        answers = await asyncio.gather(*(payments.update(MINE, _TRY_AGAIN) for _ in range(2)), return_exceptions=True)

        assert sum(isinstance(answer, PaymentNotRetryable) for answer in answers) == 1
        assert (await payments.get(MINE)).attempt == 2

    async def test_one_may_go_by_the_id_of_its_order(self, payments: Payments) -> None:
        """It is that order's; one that happens to go by the id of another order is not the other's."""
        mine, other = a_payment("mine", of="mine"), a_payment("theirs", of="another")
        for payment in (mine, other):
            await payments.add(payment)
            await payments.add(payment)

        assert await payments.of_order(OrderId("mine")) == mine == await payments.get(MINE)
        assert await payments.of_order(OrderId("another")) == other
        assert await payments.of_order(OrderId("theirs")) is None

    async def test_those_of_many_that_there_are_are_known(self, payments: Payments) -> None:
        """Each once and whole, whatever else is asked for, and nobody else's."""
        mine, other = a_payment("mine", state=PaymentState.REQUIRES_ACTION), a_payment("another")
        for payment in (mine, other, a_payment("theirs")):
            await payments.add(payment)
        asked = [mine.id, PaymentId("unknown"), other.id, mine.id]

        assert await payments.known(asked) == [other, mine]
        assert await payments.known([PaymentId("unknown")]) == []
        assert await payments.known([]) == []
        assert len(await payments.known([mine.id, *(PaymentId(f"no {number}") for number in range(1_000))])) == 1

    async def test_open_are_those_that_may_still_take_money(self, payments: Payments) -> None:
        """And were not heard of since: oldest first, at most so many."""
        for minutes, state in enumerate(PaymentState):
            await payments.add(a_payment(state.value, minutes=-minutes, state=state))
        now = NOON + timedelta(minutes=1)

        since = await payments.open_since(now, 10)
        found = [payment_id for payment_id, _ in since]
        assert since == [
            (each, NOON - timedelta(minutes=list(PaymentState).index(PaymentState(each)))) for each in found
        ]
        assert set(found) == {state.value for state in OPEN}
        assert found == sorted(found, key=lambda payment_id: -list(PaymentState).index(PaymentState(payment_id)))
        assert await payments.open_since(now, 1) == since[:1]
        assert await payments.open_since(NOON - timedelta(minutes=2), 10) == []

    async def test_those_that_are_quiet_are_heard_of_later(self, payments: Payments) -> None:
        """As if they had been heard of when there is something to hear again."""
        loud = a_payment("loud", state=PaymentState.REQUIRES_ACTION)
        quiet = a_payment("quiet", state=PaymentState.REQUIRES_ACTION)
        for each in (loud, msgspec.structs.replace(quiet, quiet_until=NOON + timedelta(days=1))):
            await payments.add(each)
        tomorrow = NOON + timedelta(days=1, seconds=1)

        assert await payments.open_since(NOON + timedelta(hours=1), 10) == [(loud.id, NOON)]
        assert await payments.open_since(tomorrow, 10) == [(loud.id, NOON), (quiet.id, NOON + timedelta(days=1))]
        await payments.update(quiet.id, lambda held: msgspec.structs.replace(held, quiet_until=None))
        assert set(await payments.open_since(NOON + timedelta(hours=1), 10)) == {(loud.id, NOON), (quiet.id, NOON)}

    async def test_an_undone_unit_leaves_nothing(self, payments: Payments, unit_of_work: UnitOfWork) -> None:
        """Inside a unit its own writes are seen; when it raises, they never happened."""
        await payments.add(a_payment("mine"))

        async def work() -> None:
            await payments.add(a_payment("new"))
            await payments.update(MINE, partial(record, report=reporting(PaymentState.SUCCEEDED), at=NOON))
            assert (await payments.get(MINE)).state is PaymentState.SUCCEEDED
            raise Refused

        with pytest.raises(Refused):
            await unit_of_work(work)
        assert await payments.get(MINE) == a_payment("mine")
        assert await payments.of_order(OrderId("order of new")) is None
        await payments.add(a_payment("new", minutes=5))
        failed = await payments.update(
            PaymentId("new"), lambda held: msgspec.structs.replace(held, state=PaymentState.FAILED)
        )
        assert failed == await payments.get(PaymentId("new"))
        assert failed.created_at == a_payment("new", minutes=5).created_at
