"""The contract of `shopcore.identity.ports.SpentTokens`."""

import asyncio
from datetime import timedelta

import pytest

from shopcore.identity.ports import SpentTokens
from shopcore.kernel.sealing import token_hash
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.testing.contracts.samples import NOON, Refused

ONE, TWO, THREE = (token_hash(name) for name in ("one", "two", "three"))
LATER = NOON + timedelta(minutes=5)


@pytest.mark.anyio
class SpentTokensContract:
    """Override `spent` and `unit_of_work`."""

    @pytest.fixture
    def spent(self) -> SpentTokens:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def unit_of_work(self) -> UnitOfWork:
        pytest.fail("override this fixture with the unit of work that the port joins")

    async def test_a_token_is_spent_once(self, spent: SpentTokens) -> None:
        """Others are others."""
        answers = [await spent.spend(digest, LATER) for digest in (ONE, ONE, TWO, ONE)]

        assert answers == [True, False, True, False]

    async def test_of_many_at_once_one_is_the_first(self, spent: SpentTokens, unit_of_work: UnitOfWork) -> None:
        """Each in a unit of its own, and by themselves."""

        async def work() -> bool:
            return await spent.spend(ONE, LATER)

        inside = await asyncio.gather(*(unit_of_work(work) for _ in range(5)))
        bare = await asyncio.gather(*(spent.spend(TWO, LATER) for _ in range(5)))

        assert sorted(inside) == sorted(bare) == [False, False, False, False, True]

    async def test_what_is_undone_was_not_spent(self, spent: SpentTokens, unit_of_work: UnitOfWork) -> None:
        """Inside the unit it is; a second time there is refused without spoiling it."""

        async def work() -> None:
            assert await spent.spend(ONE, LATER)
            assert not await spent.spend(ONE, LATER)
            raise Refused

        with pytest.raises(Refused):
            await unit_of_work(work)
        assert await spent.spend(ONE, LATER)

    async def test_a_second_time_does_not_spoil_the_unit(self, spent: SpentTokens, unit_of_work: UnitOfWork) -> None:
        """What else the unit does is done."""
        await spent.spend(ONE, LATER)

        async def work() -> bool:
            return not await spent.spend(ONE, LATER) and await spent.spend(TWO, LATER)

        assert await unit_of_work(work)
        assert not await spent.spend(TWO, LATER)

    async def test_it_is_remembered_until_its_time_is_over(self, spent: SpentTokens) -> None:
        """At most so many are forgotten at once, those first whose time was over first."""
        await spent.spend(ONE, LATER)
        await spent.spend(TWO, LATER + timedelta(seconds=1))
        await spent.spend(THREE, LATER + timedelta(hours=1))

        assert await spent.forget(LATER - timedelta(microseconds=1), 10) == 0
        assert await spent.forget(LATER + timedelta(minutes=1), 1) == 1
        assert not await spent.spend(TWO, LATER)
        assert await spent.forget(LATER + timedelta(minutes=1), 10) == 1
        assert [await spent.spend(digest, LATER) for digest in (ONE, TWO, THREE)] == [True, True, False]
