"""Sign in with a password, and a code or a passkey where the account asks for one."""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from shopcore.accounts.steps import MergeCart, OpenSession
from shopcore.identity.errors import InvalidCredentials, MfaRequired
from shopcore.identity.model import Account, Assertion, Device, SignedIn
from shopcore.identity.model.accounts import admit, rehash, remember
from shopcore.identity.model.challenges import Ceremony
from shopcore.identity.model.networks import names_of
from shopcore.identity.model.passkeys import methods
from shopcore.identity.model.proofs import by_code
from shopcore.identity.model.second_factor import in_use, take
from shopcore.identity.ports import Accounts, OneTimeCodes
from shopcore.identity.steps import Ceremonies, KnowPassword
from shopcore.kernel.actor import Actor
from shopcore.kernel.address import EmailAddresses
from shopcore.kernel.clock import Clock
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class SignInByPassword:
    """Whoever does not know the password learns nothing of the account, whether there is one included."""

    accounts: Accounts
    know_password: KnowPassword
    codes: OneTimeCodes
    ceremonies: Ceremonies
    emails: EmailAddresses
    open_session: OpenSession
    merge_cart: MergeCart
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(
        self,
        actor: Actor,
        *,
        email: str,
        password: str,
        otp: str | None = None,
        passkey: Assertion | None = None,
        device: Device | None = None,
    ) -> SignedIn:
        """Anybody may try. The guest cart whose token the actor holds is merged into the customer's.

        Raises `InvalidCredentials`, `TooManyAttempts`, `PasswordsBusy`, `InvalidInput` for what is no e-mail address;
        to one who knows the password `AccountLocked`, `EmailNotVerified`, `MfaRequired`, and what refuses its answer.
        """
        origin, address, now = device or Device(), self.emails.normal(email), self.clock.now()
        account, rehashed, bucket = await self.know_password(address, password, origin, now)
        admit(account)
        factor = in_use(account.second_factor)
        if factor is not None and not otp and passkey is None:
            raise MfaRequired
        challenge = None if passkey is None else self.ceremonies.answered(passkey, Ceremony.SECOND_FACTOR, "", now)
        network = names_of(self.ceremonies.signer, account.id, origin.network)
        by: tuple[str, ...] = ("pwd",)

        def enter(held: Account) -> Account:
            nonlocal by
            if held.password != account.password or in_use(held.second_factor) is not factor is None:
                raise InvalidCredentials  # somebody was faster, with another password or another factor
            if passkey is not None and challenge is not None:
                held, shown, use = self.ceremonies.shown(held, passkey, challenge, now)
                by = methods(shown, use, "pwd")
            elif factor is not None:
                held, by = self._by_code(held, otp or "", now)
            return remember(rehash(admit(held), account.password or "", rehashed), network)

        async def work() -> SignedIn:
            if challenge is not None:
                await self.ceremonies.spend(challenge)
            entered = await self.accounts.update(account.id, enter)
            await self.merge_cart(actor, entered, now)
            return await self.open_session(entered, origin, by, now, account.networks)

        signed_in = await (
            self.unit_of_work(work) if challenge is None else self.ceremonies.watched(account.id, challenge, now, work)
        )
        await self.know_password.bound_guesses.forgive(bucket)
        return signed_in

    def _by_code(self, held: Account, code: str, now: datetime) -> tuple[Account, tuple[str, ...]]:
        factor = held.second_factor
        if factor is None:
            raise InvalidCredentials
        step = None if factor.secret is None else self.codes.step_of(factor.secret, code, now)
        return msgspec.structs.replace(held, second_factor=take(factor, step, code)), by_code(factor)
