"""The contract of `shopcore.jobs.ports.Wakeups`."""

import asyncio

import pytest

from shopcore.jobs.ports import Wakeups

_LONG = 30.0  # seconds: who waits for so long was not woken
_SOON = 5.0  # seconds: who is woken was woken by then, on the slowest machine


@pytest.mark.anyio
class WakeupsContract:
    """Override `wakeups`, and `elsewhere`: the wake-ups of another process of the same shop, or of this one."""

    @pytest.fixture
    async def wakeups(self) -> Wakeups:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    async def elsewhere(self) -> Wakeups:
        pytest.fail("override this fixture with the same port as another process has it")

    async def test_a_waiting_worker_is_woken(self, wakeups: Wakeups) -> None:
        """Long before its time is over."""
        waiting = await _waiting(wakeups)
        wakeups.wake()

        await asyncio.wait_for(waiting, _SOON)

    async def test_all_who_wait_are_woken(self, wakeups: Wakeups) -> None:
        """One wake is enough for every worker of a process."""
        waiting = [await _waiting(wakeups) for _ in range(3)]
        wakeups.wake()

        await asyncio.wait_for(asyncio.gather(*waiting), _SOON)

    async def test_a_wake_that_found_nobody_waiting_is_kept(self, wakeups: Wakeups) -> None:
        """What came while the worker was at work."""
        wakeups.wake()

        await asyncio.wait_for(wakeups.wait(_LONG), _SOON)

    async def test_nobody_is_woken_twice_by_one_wake(self, wakeups: Wakeups) -> None:
        """The next wait lasts its time."""
        wakeups.wake()
        await wakeups.wait(_LONG)
        again = await _waiting(wakeups, 0.05)

        assert not again.done()
        await asyncio.wait_for(again, _SOON)

    async def test_without_a_wake_the_time_ends_the_wait(self, wakeups: Wakeups) -> None:
        """Workers look by themselves."""
        await asyncio.wait_for(wakeups.wait(0.01), _SOON)

    async def test_a_wake_from_another_thread(self, wakeups: Wakeups) -> None:
        """Stores commit on threads of their own."""
        waiting = await _waiting(wakeups)
        await asyncio.to_thread(wakeups.wake)

        await asyncio.wait_for(waiting, _SOON)

    async def test_a_wake_elsewhere_is_heard_here(self, wakeups: Wakeups, elsewhere: Wakeups) -> None:
        """Whoever takes an order may be another server than the one that has time. A lost wake is harmless, so that
        of several one has to be heard.
        """
        waiting = await _waiting(wakeups)
        async with asyncio.timeout(_SOON):
            while not waiting.done():
                elsewhere.wake()
                await asyncio.wait([waiting], timeout=0.05)

        assert waiting.result() is None


async def _waiting(wakeups: Wakeups, seconds: float = _LONG) -> asyncio.Task[None]:
    """Somebody who has begun to wait."""
    task = asyncio.create_task(wakeups.wait(seconds))
    for _ in range(3):
        await asyncio.sleep(0)
    return task
