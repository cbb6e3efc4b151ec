"""Compare the sums that balances go on from with the ledger."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.audit import Audit
from shopcore.kernel.errors import Unavailable
from shopcore.kernel.money import Money
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.payments.model import (
    SETTLED,
    Apart,
    CheckedSums,
    Summed,
    apart,
    less_at_once,
    next_span,
    replace_sums,
    summed_up,
    taken_anew,
)
from shopcore.payments.ports import Ledger, Reconciliations


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckSums:
    """They are wrong once somebody has posted of the past without telling them: a server of an older version, one whose
    clock is wrong by days, or a hand. All of it is summed anew, in spans that the store has the time for; where the
    sums have changed meanwhile, once more.
    """

    ledger: Ledger
    reconciliations: Reconciliations
    audit: Audit
    unit_of_work: UnitOfWork

    async def __call__(self, actor: Actor, *, mend: bool = False) -> CheckedSums:
        """Staff with `payments:write`. With `mend`, those that differ are replaced by what was summed anew, audited.

        Raises `Unavailable`.
        """
        permit(actor, "payments:write")
        while True:
            known = (await self.reconciliations.standing()).summed
            anew = await self._anew(known.until)
            found = apart(known.totals, anew.totals)
            if not found or await self.unit_of_work(partial(self._told, actor, known, anew, found, mend=mend)):
                return CheckedSums(until=known.until, apart=found)

    async def _anew(self, until: datetime) -> Summed:
        summed = Summed()
        while (span := next_span(summed, until + SETTLED)) is not None:
            try:
                summed = summed_up(summed, await self.ledger.totals(*span, fresh=True), span[1])
            except Unavailable:
                if summed.step_seconds == 1:
                    raise
                summed = less_at_once(summed)
        return summed

    async def _told(self, actor: Actor, known: Summed, anew: Summed, found: tuple[Apart, ...], *, mend: bool) -> bool:
        """Whether it is still those sums that were compared."""
        standing = await self.reconciliations.standing()
        if standing.summed != known:
            return False
        if mend:
            await self.reconciliations.put_standing(replace_sums(standing, taken_anew(known, anew)))
            said = _texts((one, one.says) for one in found)
            await self.audit.record(
                actor, "ledger.sum_anew", "", before=said, after=_texts((one, one.booked) for one in found)
            )
        return True


def _texts(found: Iterable[tuple[Apart, Money]]) -> Mapping[str, str]:
    return {_name(one): str(amount) for one, amount in found}


def _name(one: Apart) -> str:
    parts = one.account, one.gateway, "sale" if one.is_sale else None, one.says.currency
    return "/".join(part for part in parts if part)
