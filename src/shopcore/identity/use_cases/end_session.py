"""Sign a device out."""

from dataclasses import dataclass

from shopcore.identity.errors import SessionNotFound
from shopcore.identity.model.sessions import end, own
from shopcore.identity.ports import Sessions
from shopcore.kernel.actor import Actor, signed_in
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import SessionId
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class EndSession:
    """End a session: its refresh token is void, and its access tokens too, at once."""

    sessions: Sessions
    audit: Audit
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, session_id: SessionId | None = None) -> None:
        """A customer may, with one of their own; the one they came with unless told. Raises `SessionNotFound`."""
        customer, now = signed_in(actor), self.clock.now()
        came = None if customer.sign_in is None else customer.sign_in.session_id
        chosen = came if session_id is None else session_id
        if chosen is None:
            raise SessionNotFound

        async def work() -> None:
            await self.sessions.update(chosen, lambda held: end(own(held, customer.customer_id, now), now))
            before, after = {"session": str(chosen)}, {"session": "ended"}
            await self.audit.record(actor, "account.sign_out", customer.customer_id, before=before, after=after)

        await self.unit_of_work(work)
