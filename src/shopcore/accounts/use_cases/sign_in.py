"""Sign in with a password, and a code where the account asks for one."""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from shopcore.accounts.steps import MergeCart, OpenSession
from shopcore.identity.errors import InvalidCredentials, MfaRequired
from shopcore.identity.model import Account, Device, SecondFactor, SignedIn
from shopcore.identity.model.accounts import admit, rehash, remember
from shopcore.identity.model.passwords import normal_password
from shopcore.identity.model.second_factor import in_use, take
from shopcore.identity.ports import Accounts, OneTimeCodes, Passwords
from shopcore.identity.steps import BoundGuesses
from shopcore.kernel.actor import Actor
from shopcore.kernel.address import EmailAddresses
from shopcore.kernel.clock import Clock
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class SignInByPassword:
    """Whoever does not know the password learns nothing of the account, whether there is one included."""

    accounts: Accounts
    passwords: Passwords
    codes: OneTimeCodes
    emails: EmailAddresses
    bound_guesses: BoundGuesses
    open_session: OpenSession
    merge_cart: MergeCart
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(
        self, actor: Actor, *, email: str, password: str, otp: str | None = None, device: Device | None = None
    ) -> SignedIn:
        """Anybody may try. The guest cart whose token the actor holds is merged into the customer's.

        Raises `InvalidCredentials`, `TooManyAttempts`, `PasswordsBusy`; to one who knows the password `AccountLocked`,
        `EmailNotVerified`, `MfaRequired`, `InvalidOneTimeCode`; `InvalidInput` for what is no e-mail address.
        """
        origin, address, now = device or Device(), self.emails.normal(email), self.clock.now()
        account = await self._known(address, normal_password(password), origin, now)
        factor = in_use(account.second_factor)
        if factor is not None and not otp:
            raise MfaRequired
        rehashed = await self._rehashed(account, normal_password(password))

        def enter(held: Account) -> Account:
            if held.password != account.password or in_use(held.second_factor) is not factor is None:
                raise InvalidCredentials  # somebody was faster, with another password or another factor
            if factor is not None:
                held = msgspec.structs.replace(held, second_factor=self._taken(held.second_factor, otp or "", now))
            return remember(rehash(admit(held), account.password or "", rehashed), origin.network)

        async def work() -> SignedIn:
            entered = await self.accounts.update(account.id, enter)
            await self.merge_cart(actor, entered, now)
            return await self.open_session(entered, origin, ("pwd",) if factor is None else ("pwd", "otp", "mfa"), now)

        return await self.unit_of_work(work)

    async def _known(self, address: str, password: str, device: Device, now: datetime) -> Account:
        """The account of somebody who knows its password; it takes the same time to find that there is none."""
        account = await self.accounts.find_by_email(address)
        networks = () if account is None else account.networks
        await self.bound_guesses(self.accounts.key_of(address), device.network, networks, now)
        is_right = await self.passwords.verify(None if account is None else account.password, password)
        if account is None or not is_right:
            raise InvalidCredentials
        return admit(account)

    async def _rehashed(self, account: Account, password: str) -> str:
        """The password under today's cost."""
        hashed = account.password or ""
        return hashed if self.passwords.is_current(hashed) else await self.passwords.hash(password)

    def _taken(self, factor: SecondFactor | None, code: str, now: datetime) -> SecondFactor:
        if factor is None:
            raise InvalidCredentials
        return take(factor, self.codes.step_of(factor.secret, code, now), code)
