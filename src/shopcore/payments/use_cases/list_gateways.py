"""See what the shop is paid through."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from shopcore.kernel.actor import Actor, permit
from shopcore.payments.model import GatewayState
from shopcore.payments.ports import Switches


@dataclass(frozen=True, kw_only=True, slots=True)
class ListGateways:
    """Every gateway of the settings, and whether it begins payments."""

    switches: Switches
    names: Collection[str]
    default: str

    async def __call__(self, actor: Actor) -> Sequence[GatewayState]:
        """Staff with `payments:read`. By name."""
        permit(actor, "payments:read")
        said = {switch.gateway: switch for switch in await self.switches.everything()}
        return [
            GatewayState(
                name=name,
                is_on=name not in said or said[name].is_on,
                is_default=name == self.default,
                switch=said.get(name),
            )
            for name in sorted(self.names)
        ]
