"""Show once more who one is, by a passkey."""

from dataclasses import dataclass

import msgspec

from shopcore.identity.errors import InvalidPasskey, SessionNotFound
from shopcore.identity.model import Account, Assertion, Session
from shopcore.identity.model.challenges import Ceremony
from shopcore.identity.model.passkeys import methods
from shopcore.identity.model.sessions import own
from shopcore.identity.ports import Accounts, Sessions
from shopcore.identity.steps import Ceremonies, Shown
from shopcore.kernel.actor import Actor, signed_in
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfirmByPasskey:
    """The session counts as just signed in, for what asks for that: its device stays signed in as it is."""

    accounts: Accounts
    sessions: Sessions
    ceremonies: Ceremonies
    audit: Audit
    clock: Clock

    async def __call__(self, actor: Actor, *, assertion: Assertion) -> Session:
        """A customer with a session may, by a passkey of theirs that verified who they are.

        Raises `InvalidPasskey`, `SessionNotFound`.
        """
        customer, now = signed_in(actor), self.clock.now()
        if customer.sign_in is None:
            raise SessionNotFound
        session_id = customer.sign_in.session_id
        challenge = self.ceremonies.answered(assertion, Ceremony.SIGN_IN, "", now)
        shown: Shown

        def show(held: Account) -> Account:
            nonlocal shown
            shown = self.ceremonies.shown(held, assertion, challenge, now)
            if not shown.use.user_verified:
                raise InvalidPasskey
            return shown.account

        def renew(held: Session) -> Session:
            by = methods(shown.passkey, shown.use)
            own(held, customer.customer_id, now)
            return msgspec.structs.replace(held, authenticated_at=now, methods=by)

        async def work() -> Session:
            await self.ceremonies.spend(challenge)
            await self.accounts.update(customer.customer_id, show)
            session = await self.sessions.update(session_id, renew)
            how = {"session": session.id, "methods": " ".join(session.methods)}
            await self.audit.record(actor, "account.confirm", customer.customer_id, before={}, after=how)
            return session

        return await self.ceremonies.watched(customer.customer_id, challenge, now, work)
