"""What is removed a little at a time is removed to the last, or until it has taken long enough."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopcore.kernel.batches import LONG_ENOUGH, in_batches
from shopcore.testing.clock import ManualClock

pytestmark = [pytest.mark.core, pytest.mark.anyio]


@given(st.integers(0, 50), st.integers(1, 9), st.integers(0, 6))
async def test_all_is_removed_in_its_time(there: int, at_once: int, seconds: int) -> None:
    """Never more than is wanted at once; and whoever asks is told whether some are left."""
    left, clock, asked = there, ManualClock(), []

    async def remove(most: int) -> int:
        nonlocal left
        asked.append(most)
        await clock.advance(seconds)
        some = min(left, most)
        left -= some
        return some

    removed = await in_batches(remove, clock, at_once)

    assert removed.count == there - left
    assert set(asked) == {at_once}
    assert left == 0 or not removed.is_all
    assert removed.is_all or len(asked) * seconds >= LONG_ENOUGH.total_seconds()
    assert (len(asked) - 1) * seconds < LONG_ENOUGH.total_seconds()
