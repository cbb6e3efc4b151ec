"""Rate limits, within one process."""

from datetime import datetime

import pytest

from shopcore.adapters.local.limiter import LocalLimiter
from shopcore.operations.ports import Allowance, RateLimiter
from shopcore.testing.clock import NEW_YEAR
from shopcore.testing.contracts.rate_limiter import RateLimiterContract, check_every_window

pytestmark = pytest.mark.anyio


class TestLocalLimiter(RateLimiterContract):
    @pytest.fixture
    def limiter(self) -> RateLimiter:
        return LocalLimiter()


async def test_invented_keys_take_bounded_memory() -> None:
    """Beyond the bound, the key that was not heard of for longest is forgotten; the busy one is not."""
    limiter = LocalLimiter(max_keys=100)
    await limiter.hit("busy", 2, 60, NEW_YEAR)
    for number in range(1_000):
        await limiter.hit(str(number), 2, 60, NEW_YEAR)
        if number == 50:
            await limiter.hit("busy", 2, 60, NEW_YEAR)
    answers = [await limiter.hit("999", 2, 60, NEW_YEAR) for _ in range(2)]

    assert len(limiter._counters[60]) == 100
    assert [answer.allowed for answer in answers] == [True, False]


async def test_guesses_are_not_forgotten_for_what_is_counted_by_the_minute() -> None:
    """Whoever is stopped stays so, however many other addresses ask for pages meanwhile."""
    limiter = LocalLimiter(max_keys=100)
    await limiter.hit("account", 1, 3_600, NEW_YEAR)
    for number in range(1_000):
        await limiter.hit(str(number), 2, 60, NEW_YEAR)

    assert not (await limiter.hit("account", 1, 3_600, NEW_YEAR)).allowed


class PerSecond(LocalLimiter):
    """The mistake of a window that is too short."""

    async def hit(self, key: str, limit: int, window_seconds: float, now: datetime) -> Allowance:
        return await super().hit(key, limit, window_seconds / 60, now)


async def test_a_limiter_with_the_wrong_window_is_noticed() -> None:
    """The contract sees the mistake."""
    with pytest.raises(AssertionError):
        await check_every_window(PerSecond(), 1, [2.0] * 10)
