"""The switches of gateways, held for a moment: every checkout asks for them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from shopcore.kernel.clock import Clock
from shopcore.payments.model import Switch
from shopcore.payments.ports import Switches

HELD_FOR = timedelta(seconds=1)


class HeldSwitches:
    """What the store said at most a second ago; what this process changes, it sees at once."""

    def __init__(self, switches: Switches, clock: Clock) -> None:
        self._switches = switches
        self._clock = clock
        self._held: Sequence[Switch] = ()
        self._until: datetime | None = None

    async def everything(self) -> Sequence[Switch]:
        """See the port."""
        now = self._clock.now()
        if self._until is None or not now < self._until <= now + HELD_FOR:
            self._held, self._until = await self._switches.everything(), now + HELD_FOR
        return self._held

    async def put(self, switch: Switch) -> None:
        """See the port. What it is put beside may be undone, so nothing is held until somebody asks again."""
        await self._switches.put(switch)
        self._until = None
