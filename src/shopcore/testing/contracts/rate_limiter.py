"""The contract of `shopcore.operations.ports.RateLimiter`."""

import asyncio
import itertools
from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopcore.operations.ports import RateLimiter
from shopcore.testing.clock import NEW_YEAR

_WINDOW = 60.0
_keys = map(str, itertools.count())
_gaps = st.lists(st.floats(0, 90) | st.just(0.0), max_size=60)
_quickly = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.anyio
class RateLimiterContract:
    """Override `limiter`."""

    @pytest.fixture
    def limiter(self) -> RateLimiter:
        pytest.fail("override this fixture with the port under test")

    async def test_the_limit_passes_and_no_more(self, limiter: RateLimiter) -> None:
        """Each answer says what is left."""
        answers = [await limiter.hit("ada", 3, _WINDOW, NEW_YEAR) for _ in range(5)]

        assert [answer.allowed for answer in answers] == [True, True, True, False, False]
        assert [answer.remaining for answer in answers] == [2, 1, 0, 0, 0]
        assert {answer.limit for answer in answers} == {3}

    async def test_of_many_at_once_the_limit_passes_and_no_more(self, limiter: RateLimiter) -> None:
        """Fifty hits at the same moment are counted one by one."""
        answers = await asyncio.gather(*(limiter.hit("crowd", 10, _WINDOW, NEW_YEAR) for _ in range(50)))

        assert sum(answer.allowed for answer in answers) == 10
        assert sorted(answer.remaining for answer in answers if answer.allowed) == list(range(10))

    async def test_keys_do_not_share(self, limiter: RateLimiter) -> None:
        """Nor do two limits on one key with windows of their own."""
        await limiter.hit("ada", 1, _WINDOW, NEW_YEAR)

        assert (await limiter.hit("bob", 1, _WINDOW, NEW_YEAR)).allowed
        assert (await limiter.hit("ada", 1, 1.0, NEW_YEAR)).allowed
        assert not (await limiter.hit("ada", 1, _WINDOW, NEW_YEAR)).allowed

    async def test_a_limit_of_none_lets_nobody_pass(self, limiter: RateLimiter) -> None:
        """And still says when to come back."""
        answer = await limiter.hit("ada", 0, _WINDOW, NEW_YEAR)

        assert not answer.allowed
        assert answer.reset_seconds > 0

    @given(limit=st.integers(1, 10), gaps=_gaps)
    @_quickly
    async def test_waiting_as_told_is_enough(self, limiter: RateLimiter, limit: int, gaps: list[float]) -> None:
        """Whatever came before, a refused caller who waits `reset_seconds` (and a millisecond) passes."""
        key, now = next(_keys), NEW_YEAR
        for gap in gaps:
            now += timedelta(seconds=gap)
            answer = await limiter.hit(key, limit, _WINDOW, now)
            if not answer.allowed:
                assert 0 < answer.reset_seconds <= 2 * _WINDOW
                now += timedelta(seconds=answer.reset_seconds, milliseconds=1)
                assert (await limiter.hit(key, limit, _WINDOW, now)).allowed

    @given(limit=st.integers(1, 10), gaps=_gaps)
    @_quickly
    async def test_no_window_sees_twice_the_limit(self, limiter: RateLimiter, limit: int, gaps: list[float]) -> None:
        """However the hits fall, any sixty seconds of them let at most twice the limit pass."""
        await check_every_window(limiter, limit, [gap / 5 for gap in gaps])

    async def test_what_is_forgotten_counts_no_more(self, limiter: RateLimiter) -> None:
        """Neither for another key nor for another window of the same one."""
        for key, window in (("eve", _WINDOW), ("eve", 1.0), ("tom", _WINDOW)):
            await limiter.hit(key, 1, window, NEW_YEAR)
        await limiter.forget("eve", _WINDOW)
        await limiter.forget("nobody", _WINDOW)

        assert (await limiter.hit("eve", 1, _WINDOW, NEW_YEAR)).allowed
        assert not (await limiter.hit("eve", 1, 1.0, NEW_YEAR)).allowed
        assert not (await limiter.hit("tom", 1, _WINDOW, NEW_YEAR)).allowed

    async def test_a_refusal_costs_nothing(self, limiter: RateLimiter) -> None:
        """Somebody who keeps knocking is let in as soon as somebody who waits."""
        patient, eager = [await limiter.hit(key, 1, _WINDOW, NEW_YEAR) for key in ("patient", "eager")]
        for second in range(1, 30):
            await limiter.hit("eager", 1, _WINDOW, NEW_YEAR + timedelta(seconds=second))
        later = NEW_YEAR + timedelta(seconds=30)

        assert patient == eager
        assert await limiter.hit("eager", 1, _WINDOW, later) == await limiter.hit("patient", 1, _WINDOW, later)


async def check_every_window(limiter: RateLimiter, limit: int, gaps: Sequence[float], *, times: int = 2) -> None:
    """Hit with those gaps, in seconds, and look at every window that starts with a hit: `times` the limit may pass."""
    key, now, passed = next(_keys), NEW_YEAR, []
    for gap in gaps:
        now += timedelta(seconds=gap)
        passed += [now] * (await limiter.hit(key, limit, _WINDOW, now)).allowed

    for first in passed:
        assert sum(first <= at < first + timedelta(seconds=_WINDOW) for at in passed) <= times * limit
