"""Sign a device out that has its refresh token and no access token any more."""

from dataclasses import dataclass

from shopcore.identity.errors import InvalidRefreshToken, SessionNotFound
from shopcore.identity.model import Session
from shopcore.identity.model.sessions import end, read_refresh_token
from shopcore.identity.ports import Sessions
from shopcore.identity.steps import Witness
from shopcore.kernel.actor import Actor, Customer
from shopcore.kernel.clock import Clock
from shopcore.kernel.sealing import Signer
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class EndSessionByToken:
    """An access token is over in minutes; whoever signs out later must be out all the same."""

    sessions: Sessions
    signer: Signer
    witness: Witness
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, _actor: Actor, *, refresh_token: str) -> None:
        """Whoever holds a refresh token of the session may, an old one too; one that has ended stays as it is.

        Apps have another way. Raises `InvalidRefreshToken` for one that this shop did not make, or made for an app.
        """
        (session_id, _), now = read_refresh_token(self.signer, refresh_token), self.clock.now()

        def leave(held: Session) -> Session:
            if held.client_id:
                raise InvalidRefreshToken
            return end(held, now)

        async def work() -> None:
            try:
                session = await self.sessions.update(session_id, leave)
            except SessionNotFound:  # it ended so long ago that it is forgotten
                return
            if session.ended_at == now:
                owner = Customer(customer_id=session.customer_id)
                await self.witness.note(owner, "account.sign_out", session.customer_id)

        await self.unit_of_work(work)
