"""Say of a difference between gateway and books that it was seen, and is let be."""

from dataclasses import dataclass

from shopcore.kernel.actor import Actor, name_of, permit, require_step_up
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock
from shopcore.kernel.errors import InvalidInput
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.payments.model import LONGEST_REASON, Difference, Leave, left_alone
from shopcore.payments.ports import Reconciliations


@dataclass(frozen=True, kw_only=True, slots=True)
class LeaveDifference:
    """From then on it is told no more, and counted apart, until it is gone. One that changes is another, and open."""

    reconciliations: Reconciliations
    audit: Audit
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, difference_id: str, reason: str) -> Difference:
        """Staff with `payments:write` who have just signed in. Saying it again changes nothing.

        Raises `StepUpRequired`, `DifferenceNotFound`, `TooManyLeft`, or `InvalidInput` for no reason or one that is too
        long.
        """
        permit(actor, "payments:write")
        now = self.clock.now()
        require_step_up(actor, now)
        if not reason.strip():
            raise InvalidInput.of("reason", "required", "must not be empty")
        if len(reason) > LONGEST_REASON:
            raise InvalidInput.of("reason", "too_long", f"must be at most {LONGEST_REASON} characters")
        leave = Leave(at=now, by=name_of(actor), reason=reason)

        async def work() -> Difference:
            before = await self.reconciliations.standing()
            after, left = left_alone(before, difference_id, leave)
            if after != before:
                await self.reconciliations.put_standing(after)
                said = {"left": reason, "kind": left.kind.value, "gateway": left.gateway}
                named = {"movement": left.movement or "", "entry": left.entry or ""}
                await self.audit.record(actor, "payments.leave", difference_id, before={}, after={**said, **named})
            return left

        return await self.unit_of_work(work)
