"""The contract of `shopcore.payments.ports.Reconciliations`."""

import asyncio
from datetime import timedelta
from functools import partial

import pytest
from msgspec.structs import replace

from shopcore.kernel.ids import OrderId, PaymentId
from shopcore.kernel.money import Money
from shopcore.kernel.paging import Position
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.payments.errors import ReconciliationNotFound
from shopcore.payments.model import (
    Account,
    Difference,
    Kind,
    Leave,
    Reach,
    Reconciliation,
    Standing,
    Summed,
    Total,
    advanced,
    begun,
    cut_off,
    finished,
    next_part,
    requested,
)
from shopcore.payments.ports import Reconciliations
from shopcore.testing.contracts.samples import NOON, Refused


def a_run(name: str) -> Reconciliation:
    """One that is to be made."""
    return requested(name, NOON, "staff:ada", timedelta(days=3))


def a_finished_run(name: str) -> Reconciliation:
    """One that has found something."""
    one = Difference(
        kind=Kind.AMOUNT,
        gateway="bogus",
        at=NOON,
        movement="txn_1",
        entry="paid/p",
        order_id=OrderId("o"),
        payment_id=PaymentId("p"),
        theirs=Money(5, "USD"),
        ours=Money(4, "USD"),
    )
    fees = [Money(3, "USD"), Money(1, "JPY"), Money(4, "USD")]
    begun_run = begun(a_run(name), ["bogus", "stripe"], Standing())
    part = next_part(begun_run)
    seen = replace(one, movement="txn_3", left=Leave(at=NOON, by="staff:ada", reason="agreed on"))
    theirs = replace(one, kind=Kind.FOREIGN, movement="txn_2", entry=None, ours=None, is_marked=True)
    found = advanced(begun_run, part, compared=7, fees=fees, differences=[one, seen, theirs], known_left=[seen])
    done, _ = finished(cut_off(found, "stripe"), NOON, ["bogus", "stripe"], Standing(left=(seen,)))
    return done


@pytest.mark.anyio
class ReconciliationsContract:
    """Override `reconciliations` and `unit_of_work`."""

    @pytest.fixture
    def reconciliations(self) -> Reconciliations:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def unit_of_work(self) -> UnitOfWork:
        pytest.fail("override this fixture with the unit of work that the port joins")

    async def test_what_was_put_is_what_is_read(self, reconciliations: Reconciliations) -> None:
        """And what is put in its place."""
        await reconciliations.put(a_run("a"))
        before = await reconciliations.get("a")
        await reconciliations.put(a_finished_run("a"))

        assert before == a_run("a")
        assert await reconciliations.get("a") == a_finished_run("a")
        with pytest.raises(ReconciliationNotFound):
            await reconciliations.get("b")

    async def test_pages_are_the_newest_first(self, reconciliations: Reconciliations) -> None:
        """Each once, also where some are added meanwhile."""
        for name in "badc":
            await reconciliations.put(a_run(name))
        after: Position | None = None
        seen: list[str] = []
        for limit in (2, 1, 5):
            page = await reconciliations.page(after, limit)
            after = page.next_position
            seen += [run.id for run in page.items]
            await reconciliations.put(replace(a_run("e"), id=f"e{limit}"))

        assert seen == ["d", "c", "b", "a"]
        assert after is None

    async def test_what_holds_is_kept_apart_from_them(
        self, reconciliations: Reconciliations, unit_of_work: UnitOfWork
    ) -> None:
        """At first there is nothing; what was put is read, and is in no page; an undone unit leaves it alone."""
        before = await reconciliations.standing()
        await reconciliations.put(a_run("a"))
        run = a_finished_run("a")
        held = Total(account=Account.CLEARING, gateway="bogus", amount=Money(2**53 + 1, "USD"))
        summed = Summed(until=NOON, totals=(held,), step_seconds=7, late=2)
        kept = Standing(
            reach=(Reach(gateway="bogus", until=NOON),),
            open=run.differences,
            left=run.left,
            told=("txn_3 ",),
            summed=summed,
        )
        await unit_of_work(partial(reconciliations.put_standing, kept))

        async def work() -> None:
            await reconciliations.put_standing(Standing())
            raise Refused

        with pytest.raises(Refused):
            await unit_of_work(work)
        assert (before, len(run.left)) == (Standing(), 1)
        assert await reconciliations.standing() == kept
        assert [run.id for run in (await reconciliations.page(None, 9)).items] == ["a"]
        assert (await reconciliations.page(("a",), 9)).items == []

    async def test_two_who_change_what_holds_are_both_kept(
        self, reconciliations: Reconciliations, unit_of_work: UnitOfWork
    ) -> None:
        """The second reads what the first has written."""

        async def adds(name: str) -> None:
            async def work() -> None:
                known = await reconciliations.standing()
                reach = (*known.reach, Reach(gateway=name, until=NOON))
                await reconciliations.put_standing(replace(known, reach=reach))

            await unit_of_work(work)

        await adds("first")
        await asyncio.gather(*(adds(f"{number}") for number in range(5)))
        assert {one.gateway for one in (await reconciliations.standing()).reach} == {"first", *"01234"}

    async def test_an_undone_unit_leaves_nothing(
        self, reconciliations: Reconciliations, unit_of_work: UnitOfWork
    ) -> None:
        """What was there before is there again."""
        await reconciliations.put(a_run("a"))

        async def work() -> None:
            await reconciliations.put(a_finished_run("a"))
            await reconciliations.put(a_run("b"))
            raise Refused

        with pytest.raises(Refused):
            await unit_of_work(work)
        assert (await reconciliations.page(None, 5)).items == [a_run("a")]
