"""Wake-ups for the workers of all processes."""

from shopcore.adapters.redis.signals import Signals
from shopcore.jobs.ports import Wakeups

_WORD = b"work"


class RedisWakeups:
    """Wakes the workers of this process directly, and those of the others by a word. Lost ones are found by looking."""

    def __init__(self, signals: Signals, local: Wakeups) -> None:
        self._signals = signals
        self._local = local
        signals.on(_WORD, local.wake)

    async def wait(self, seconds: float) -> None:
        """Return when somebody called `wake` since the last return, or after that time."""
        self._signals.listen()
        await self._local.wait(seconds)

    def wake(self) -> None:
        """Let waiting workers look now. Safe from any thread."""
        self._local.wake()
        self._signals.send(_WORD)
