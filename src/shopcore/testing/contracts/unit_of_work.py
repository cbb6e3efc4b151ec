"""The contract of `shopcore.kernel.unit_of_work.UnitOfWork`, seen through a ledger that joins it."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from shopcore.kernel.correlation import correlation_id
from shopcore.kernel.ids import OrderId, PaymentId
from shopcore.kernel.money import Money
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.payments.model import Account, entry
from shopcore.payments.ports import Ledger
from shopcore.testing.contracts.samples import NOON, Refused

ORDER = OrderId("order")
MANY = 40


async def note(ledger: Ledger, key: str) -> None:
    """Write one entry; a no-op when it is there."""
    cent = Money(1, "EUR")
    postings = [(Account.CLEARING, cent), (Account.RECEIVABLE, -cent)]
    await ledger.post(entry(key, NOON, ORDER, PaymentId("payment"), postings))


async def noted(ledger: Ledger) -> list[str]:
    """The keys of all entries, in their order."""
    return [one.key for one in await ledger.entries_of(ORDER)]


def noting(ledger: Ledger, *keys: str, error: Exception | None = None) -> Callable[[], Coroutine[Any, Any, None]]:
    """A body that writes these entries, and then raises the error if there is one."""

    async def work() -> None:
        for key in keys:
            await note(ledger, key)
        if error is not None:
            raise error

    return work


def counting(ledger: Ledger) -> Callable[[], Coroutine[Any, Any, int]]:
    """A body that reads how many entries there are, and writes the next one: the answer is its number."""

    async def work() -> int:
        number = len(await ledger.entries_of(ORDER))
        await note(ledger, f"entry {number}")
        return number

    return work


@pytest.mark.anyio
class UnitOfWorkContract:
    """Override `unit_of_work`, a `ledger` that joins it, and `elsewhere`: the ledger of the same store, opened anew.

    A store that nobody else can open gives `ledger` again. `refuses_to_wait` declares whether the store refuses a unit
    that awaits something else; one that itself waits in the event loop cannot, and has to carry it out whole instead.
    """

    @pytest.fixture
    def unit_of_work(self) -> UnitOfWork:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def ledger(self) -> Ledger:
        pytest.fail("override this fixture with a ledger that joins the unit of work")

    @pytest.fixture
    def elsewhere(self) -> Ledger:
        pytest.fail("override this fixture with the same ledger as another process sees it")

    @pytest.fixture
    def refuses_to_wait(self) -> bool:
        return True

    async def test_what_it_wrote_is_durable_when_it_returns(
        self, unit_of_work: UnitOfWork, ledger: Ledger, elsewhere: Ledger
    ) -> None:
        """Each time, and in the order of writing; the answer is that of the work."""
        for number in range(MANY):
            assert await unit_of_work(counting(ledger)) == number
            assert await noted(elsewhere) == [f"entry {place}" for place in range(number + 1)]

    async def test_work_sees_its_own_writes(self, unit_of_work: UnitOfWork, ledger: Ledger) -> None:
        """Before anybody else does."""

        async def work() -> list[str]:
            await note(ledger, "own")
            return await noted(ledger)

        assert await unit_of_work(work) == ["own"]

    async def test_an_error_undoes_everything(
        self, unit_of_work: UnitOfWork, ledger: Ledger, elsewhere: Ledger
    ) -> None:
        """It comes out as it went in: the very same object. What comes next is not disturbed."""
        error = Refused("for a reason")

        with pytest.raises(Refused) as raised:
            await unit_of_work(noting(ledger, "first", "second", error=error))

        assert raised.value is error
        assert await noted(ledger) == await noted(elsewhere) == []
        await unit_of_work(noting(ledger, "third"))
        assert await noted(elsewhere) == ["third"]

    async def test_a_unit_inside_joins_the_outer_one(
        self, unit_of_work: UnitOfWork, ledger: Ledger, elsewhere: Ledger
    ) -> None:
        """What it wrote is seen outside of it, and kept with the outer one's writes."""

        async def outer() -> int:
            await note(ledger, "entry 0")
            number = await unit_of_work(counting(ledger))
            await unit_of_work.in_order(noting(ledger, "in order"), noting(ledger, "after it"))
            assert await noted(ledger) == ["entry 0", "entry 1", "in order", "after it"]
            return number

        assert await unit_of_work(outer) == 1
        assert await noted(elsewhere) == ["entry 0", "entry 1", "in order", "after it"]

    async def test_the_outer_unit_decides(self, unit_of_work: UnitOfWork, ledger: Ledger) -> None:
        """When it fails, what an inner one wrote is undone with it; an error from inside passes through it."""
        error = Refused()

        async def failing() -> None:
            await unit_of_work(noting(ledger, "inner"))
            raise error

        async def passing() -> None:
            await note(ledger, "outer")
            await unit_of_work(noting(ledger, "inner", error=error))

        for outer in (failing, passing):
            with pytest.raises(Refused) as raised:
                await unit_of_work(outer)
            assert raised.value is error
            assert await noted(ledger) == []

    async def test_units_at_the_same_time_are_all_kept(
        self, unit_of_work: UnitOfWork, ledger: Ledger, elsewhere: Ledger
    ) -> None:
        """Each decides on what it reads, as if it were alone; a conflict is not the caller's business."""
        numbers = await asyncio.gather(*(unit_of_work(counting(ledger)) for _ in range(MANY)))

        assert sorted(numbers) == list(range(MANY))
        assert await noted(elsewhere) == [f"entry {number}" for number in range(MANY)]

    async def test_one_that_fails_harms_no_other(
        self, unit_of_work: UnitOfWork, ledger: Ledger, elsewhere: Ledger
    ) -> None:
        """However they share commits."""
        errors = {str(number): Refused() for number in range(0, MANY, 3)}
        work = (noting(ledger, str(number), error=errors.get(str(number))) for number in range(MANY))
        answers = await asyncio.gather(*map(unit_of_work, work), return_exceptions=True)

        assert {str(number): answer for number, answer in enumerate(answers) if answer is not None} == errors
        assert set(await noted(elsewhere)) == {str(number) for number in range(MANY)} - set(errors)

    async def test_works_in_order(self, unit_of_work: UnitOfWork, ledger: Ledger, elsewhere: Ledger) -> None:
        """One after the other, durable together."""
        await unit_of_work.in_order(*(noting(ledger, str(number)) for number in range(5)))

        assert await noted(elsewhere) == ["0", "1", "2", "3", "4"]

    async def test_a_refusal_in_order_stops_there(self, unit_of_work: UnitOfWork, ledger: Ledger) -> None:
        """Nothing that follows is applied, and of the last one nothing at all; all of them may be run again."""
        error = Refused()
        first, third = noting(ledger, "first"), noting(ledger, "third")

        for works in (
            (first, noting(ledger, "second", error=error), third),
            (first, noting(ledger, "second"), noting(ledger, "third", error=error)),
        ):
            with pytest.raises(Refused) as raised:
                await unit_of_work.in_order(*works)
            assert raised.value is error
            assert await noted(ledger) in ([], ["first"], ["first", "second"])
        await unit_of_work.in_order(first, noting(ledger, "second"), third)
        assert await noted(ledger) == ["first", "second", "third"]

    async def test_work_knows_its_caller(self, unit_of_work: UnitOfWork, ledger: Ledger) -> None:
        """By its context variables, whoever's unit shares the commit."""

        async def cause() -> str:
            await note(ledger, correlation_id.get())
            return correlation_id.get()

        async def request(name: str) -> str:
            correlation_id.set(name)
            return await unit_of_work(cause)

        names = [f"request {number}" for number in range(MANY)]
        assert await asyncio.gather(*map(request, names)) == names
        assert sorted(await noted(ledger)) == sorted(names)

    async def test_waiting_for_something_else_is_refused_or_whole(
        self, unit_of_work: UnitOfWork, ledger: Ledger, elsewhere: Ledger, *, refuses_to_wait: bool
    ) -> None:
        """A transaction that is open must not wait for a clock or a remote party. A store that notices applies nothing
        of it; one that declares that it cannot notice applies all of it.
        """

        async def forever() -> None:
            await asyncio.get_running_loop().create_future()

        async def pausing() -> None:
            await asyncio.sleep(0.001)

        for number, wait in enumerate((lambda: asyncio.sleep(0), pausing, *([forever] if refuses_to_wait else []))):
            pair = [f"before {number}", f"after {number}"]

            async def work(wait: Callable[[], Coroutine[Any, Any, None]] = wait, pair: list[str] = pair) -> None:
                await note(ledger, pair[0])
                await wait()
                await note(ledger, pair[1])

            if refuses_to_wait:
                with pytest.raises(RuntimeError):
                    await unit_of_work(work)
            else:
                await unit_of_work(work)
            kept = [] if refuses_to_wait else pair
            assert [key for key in await noted(elsewhere) if key in pair] == kept
            assert [key for key in await noted(ledger) if key in pair] == kept

    async def test_a_caller_who_leaves_leaves_no_half(
        self, unit_of_work: UnitOfWork, ledger: Ledger, elsewhere: Ledger
    ) -> None:
        """Cancelled at any moment, a unit is applied whole or not at all, and the store goes on."""
        for pauses in range(5):
            pair = [f"first {pauses}", f"second {pauses}"]
            task = asyncio.ensure_future(unit_of_work(noting(ledger, *pair)))
            for _ in range(pauses):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
            await unit_of_work(noting(ledger, f"after {pauses}"))

            assert [key for key in await noted(elsewhere) if key in pair] in ([], pair)
            assert f"after {pauses}" in await noted(elsewhere)
