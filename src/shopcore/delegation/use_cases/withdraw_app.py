"""Let an app do nothing any more."""

from dataclasses import dataclass

from shopcore.identity.model.sessions import end
from shopcore.identity.ports import Sessions
from shopcore.kernel.actor import Actor, signed_in
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.oauth.ports import Consents


@dataclass(frozen=True, kw_only=True, slots=True)
class WithdrawApp:
    """Its sessions end at once, and it has to ask again."""

    consents: Consents
    sessions: Sessions
    audit: Audit
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, client_id: str) -> None:
        """A customer may, in person, for themselves. Raises `ConsentNotFound`."""
        customer_id, now = signed_in(actor).customer_id, self.clock.now()

        async def work() -> None:
            await self.consents.remove(customer_id, client_id)
            lent = [one for one in await self.sessions.of_customer(customer_id) if one.client_id == client_id]
            for session in lent:
                await self.sessions.update(session.id, lambda held: end(held, now))
            after = {"sessions_ended": str(len(lent))}
            await self.audit.record(actor, "app.withdraw", f"oauth_client:{client_id}", before={}, after=after)

        await self.unit_of_work(work)
