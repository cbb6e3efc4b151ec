"""Wake-ups inside one process."""

import asyncio
import contextlib
import threading


class LocalWakeups:
    """Wakes every waiting worker of this process; a wake that finds none waiting is kept for the next one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept = False
        self._waiting: set[asyncio.Future[None]] = set()

    async def wait(self, seconds: float) -> None:
        """Return when somebody called `wake` since the last return, or after that time."""
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        with self._lock:
            if self._kept:
                self._kept = False
                return
            self._waiting.add(woken)
        try:
            await asyncio.wait((woken,), timeout=seconds)
        finally:
            with self._lock:
                self._waiting.discard(woken)

    def wake(self) -> None:
        """Let the waiting workers look now. Safe from any thread."""
        with self._lock:
            waiting, self._waiting = self._waiting, set()
            self._kept = not waiting
        for woken in waiting:
            with contextlib.suppress(RuntimeError):  # its loop was closed: nobody waits there any more
                woken.get_loop().call_soon_threadsafe(_resolve, woken)


def _resolve(woken: asyncio.Future[None]) -> None:
    if not woken.done():
        woken.set_result(None)
