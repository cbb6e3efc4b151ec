"""The machine's own clock, chance, wake-ups and key file."""

import asyncio
import base64
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from structlog.testing import capture_logs

from shopcore.adapters.local.chance import LocalChance
from shopcore.adapters.local.clock import SystemClock
from shopcore.adapters.local.errors import UnreadableKeys
from shopcore.adapters.local.ids import LocalIds
from shopcore.adapters.local.keys import KeyRing, new_key_ring, open_key_file, read_key_file
from shopcore.adapters.local.wakeups import LocalWakeups

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_the_clock_stands_still_rather_than_go_back_by_seconds() -> None:
    """When the machine's is put right; and ids go on growing."""
    clock, ids = SystemClock(), LocalIds()
    with time_machine.travel(NOON, tick=False) as machine:
        before, first = clock.now(), ids.new()
        machine.move_to(NOON - timedelta(seconds=5))
        during, second = clock.now(), ids.new()
        machine.move_to(NOON + timedelta(seconds=1))
        after, third = clock.now(), ids.new()

    assert before == during == NOON
    assert before.utcoffset() == timedelta(0)
    assert after == NOON + timedelta(seconds=1)
    assert first < second < third


def test_a_clock_that_was_hours_ahead_is_right_again_at_once() -> None:
    """It is logged; what waits does not wait for hours, and ids go on growing."""
    clock, ids = SystemClock(), LocalIds()
    with time_machine.travel(NOON + timedelta(hours=6), tick=False) as machine, capture_logs() as lines:
        _, first = clock.now(), ids.new()
        machine.move_to(NOON)
        now, second = clock.now(), ids.new()
        machine.move_to(NOON + timedelta(seconds=1))
        later = clock.now()

    assert (now, later) == (NOON, NOON + timedelta(seconds=1))
    assert first < second
    assert [(line["event"], line["seconds"]) for line in lines] == [("clock_set_back", 6 * 3_600.0)]


async def test_work_is_given_its_time_and_no_more() -> None:
    """What is done in time is answered; what is not is cancelled."""
    clock, cancelled = SystemClock(), asyncio.Event()

    async def quick() -> int:
        await clock.sleep(0)
        return 1

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    assert await clock.within(5, quick()) == 1
    with pytest.raises(TimeoutError):
        await clock.within(0.001, endless())
    assert cancelled.is_set()


def test_chance_is_a_fraction() -> None:
    """From 0 to just below 1, and not always the same."""
    drawn = [LocalChance().fraction() for _ in range(100)]

    assert all(0 <= fraction < 1 for fraction in drawn)
    assert len(set(drawn)) > 90


async def test_a_wake_before_the_wait_is_not_lost() -> None:
    """It ends the next wait at once, and only that one."""
    wakeups = LocalWakeups()
    wakeups.wake()
    wakeups.wake()
    await wakeups.wait(60)
    late = asyncio.ensure_future(wakeups.wait(60))
    done, _ = await asyncio.wait([late], timeout=0.01)
    late.cancel()

    assert not done


async def test_a_wake_from_any_thread_reaches_all_who_wait() -> None:
    """Within their loop, whoever calls it."""
    wakeups = LocalWakeups()
    waiting = [asyncio.ensure_future(wakeups.wait(60)) for _ in range(3)]
    await asyncio.sleep(0)
    threading.Thread(target=wakeups.wake).start()
    done, pending = await asyncio.wait(waiting, timeout=5)

    assert len(done) == 3
    assert not pending


async def test_a_wait_ends_by_itself() -> None:
    """And a worker that stopped waiting, or whose loop is gone, is in nobody's way."""
    wakeups = LocalWakeups()
    await wakeups.wait(0.001)
    with ThreadPoolExecutor() as elsewhere:
        await asyncio.wrap_future(elsewhere.submit(asyncio.run, wakeups.wait(0.001)))
    wakeups.wake()

    await wakeups.wait(60)


def test_a_key_file_is_made_once_and_read_ever_after(tmp_path: Path) -> None:
    """For its owner alone; nothing else is left in the folder."""
    made = open_key_file(tmp_path / "shop.keys")

    assert open_key_file(tmp_path / "shop.keys") == made == read_key_file(tmp_path / "shop.keys")
    assert stat.S_IMODE((tmp_path / "shop.keys").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["shop.keys"]


def test_all_who_start_at_once_get_the_same_keys(tmp_path: Path) -> None:
    """Two shops with keys of their own on one store would not read each other's customers."""
    for attempt in range(20):
        path, together = tmp_path / f"{attempt}.keys", threading.Barrier(8)

        def start(path: Path = path, together: threading.Barrier = together) -> KeyRing:
            together.wait()
            return open_key_file(path)

        with ThreadPoolExecutor(8) as threads:
            rings = [each.result() for each in [threads.submit(start) for _ in range(8)]]

        assert all(ring == rings[0] for ring in rings)


@pytest.mark.parametrize("content", [b"", b"{}", b'{"sealing": {}, "index": "", "signing": ""}', b"\xff"])
def test_a_file_that_holds_no_keys_is_refused_and_kept(tmp_path: Path, content: bytes) -> None:
    """What it sealed would be lost with it."""
    path = tmp_path / "shop.keys"
    path.write_bytes(content)

    with pytest.raises(UnreadableKeys, match=r"shop\.keys"):
        open_key_file(path)
    assert path.read_bytes() == content


def test_a_ring_does_not_show_its_keys() -> None:
    """Not in a traceback."""
    ring = new_key_ring()

    assert base64.b64encode(ring.index_keys[0]).decode() not in repr(ring)
    assert repr(ring) == "KeyRing(sealing=['k1'])"
