"""Sign in with a passkey alone: nothing is typed."""

from dataclasses import dataclass

from shopcore.accounts.steps import MergeCart, OpenSession
from shopcore.identity.errors import AccountNotFound, InvalidPasskey
from shopcore.identity.model import Account, Assertion, Device, SignedIn
from shopcore.identity.model.accounts import admit, remember
from shopcore.identity.model.challenges import Ceremony
from shopcore.identity.model.networks import names_of
from shopcore.identity.model.passkeys import customer_of, methods
from shopcore.identity.ports import Accounts
from shopcore.identity.steps import Ceremonies, Shown
from shopcore.kernel.actor import Actor
from shopcore.kernel.clock import Clock


@dataclass(frozen=True, kw_only=True, slots=True)
class SignInByPasskey:
    """What somebody has, and who they are to it: two factors in one, so that nothing else is asked for."""

    accounts: Accounts
    ceremonies: Ceremonies
    open_session: OpenSession
    merge_cart: MergeCart
    clock: Clock

    async def __call__(self, actor: Actor, *, assertion: Assertion, device: Device | None = None) -> SignedIn:
        """Anybody may try. The guest cart whose token the actor holds is merged into the customer's.

        Raises `InvalidPasskey`, whatever is wrong; to one whose passkey it is `PasskeyCopied`, `AccountLocked`,
        `EmailNotVerified`.
        """
        origin, now = device or Device(), self.clock.now()
        customer_id = customer_of(assertion.user_handle)
        challenge = self.ceremonies.answered(assertion, Ceremony.SIGN_IN, "", now)
        network = names_of(self.ceremonies.signer, customer_id, origin.network)
        shown: Shown

        def enter(held: Account) -> Account:
            nonlocal shown
            shown = self.ceremonies.shown(held, assertion, challenge, now)
            if not shown.use.user_verified:
                raise InvalidPasskey
            return remember(admit(shown.account), network)

        async def work() -> SignedIn:
            await self.ceremonies.spend(challenge)
            entered = await self.accounts.update(customer_id, enter)
            await self.merge_cart(actor, entered, now)
            by = methods(shown.passkey, shown.use)
            return await self.open_session(entered, origin, by, now, shown.account.networks)

        try:
            return await self.ceremonies.watched(customer_id, challenge, now, work)
        except AccountNotFound:
            raise InvalidPasskey from None
