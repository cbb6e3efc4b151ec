"""Forget accounts whose address nobody has shown to be theirs."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shopcore.identity.ports import Accounts
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock
from shopcore.kernel.unit_of_work import UnitOfWork

_AT_ONCE = 50  # a short transaction, and one entry of the audit log; what is left waits for the next one


@dataclass(frozen=True, kw_only=True, slots=True)
class ForgetUnverifiedAccounts:
    """Anybody can register anybody's address, and whose it is may never hear of it: so it is not kept (GDPR, 5 (1) e).

    Nothing hangs on such an account: nobody has signed in to it, and nobody can be made a member of staff by it. One
    whose link was asked for lately is waited for as long as one that is new.
    """

    accounts: Accounts
    audit: Audit
    unit_of_work: UnitOfWork
    clock: Clock
    days: int

    async def __call__(self, actor: Actor) -> int:
        """The shop itself, or staff with `accounts:write`; answers how many that were."""
        permit(actor, "accounts:write")
        while await self.unit_of_work(lambda: self.accounts.date_waiting(_AT_ONCE)):
            pass  # of a shop that was there before they were dated, until all are
        until, forgotten = self.clock.now() - timedelta(days=self.days), 0
        while count := await self.unit_of_work(lambda: self._forget(actor, until)):
            forgotten += count
        return forgotten

    async def _forget(self, actor: Actor, until: datetime) -> int:
        count = await self.accounts.remove_unverified(until, _AT_ONCE)
        if count:
            what = {"accounts": str(count), "until": until.isoformat()}
            await self.audit.record(actor, "account.forget_unverified", "unverified", before={}, after=what)
        return count
