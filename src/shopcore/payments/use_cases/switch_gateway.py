"""Switch a gateway off while the shop sells, and on again."""

from collections.abc import Collection
from dataclasses import dataclass

from shopcore.kernel.actor import Actor, name_of, permit, require_step_up
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock
from shopcore.kernel.errors import InvalidInput
from shopcore.kernel.events import Events
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.payments.errors import GatewayNotOffered
from shopcore.payments.events import GatewaySwitched
from shopcore.payments.model import GatewayState, Switch
from shopcore.payments.ports import Switches

LONGEST_REASON = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class SwitchGateway:
    """One that is off begins no payment: new ones go to the next by the rules, or wait. What it has begun it finishes,
    and it gives money back.
    """

    switches: Switches
    names: Collection[str]
    default: str
    events: Events
    audit: Audit
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, gateway: str, is_on: bool, reason: str = "") -> GatewayState:
        """Staff with `payments:write` who have just signed in. Saying it again changes nothing.

        Raises `StepUpRequired`, `GatewayNotOffered`, or `InvalidInput` for a reason that is too long.
        """
        permit(actor, "payments:write")
        now = self.clock.now()
        require_step_up(actor, now)
        if gateway not in self.names:
            raise GatewayNotOffered(gateway)
        if len(reason) > LONGEST_REASON:
            raise InvalidInput.of("reason", "too_long", f"must be at most {LONGEST_REASON} characters")
        wanted = Switch(gateway=gateway, is_on=is_on, by=name_of(actor), at=now, reason=reason)

        async def work() -> Switch | None:
            said = {switch.gateway: switch for switch in await self.switches.everything()}
            before = gateway not in said or said[gateway].is_on
            if before == is_on:
                return said.get(gateway)
            await self.switches.put(wanted)
            await self.events.publish(GatewaySwitched(at=now, gateway=gateway, is_on=is_on))
            words = {True: "on", False: "off"}
            after = {"switch": words[is_on], "reason": reason}
            await self.audit.record(actor, "gateway.switch", gateway, before={"switch": words[before]}, after=after)
            return wanted

        switch = await self.unit_of_work(work)
        return GatewayState(name=gateway, is_on=is_on, is_default=gateway == self.default, switch=switch)
