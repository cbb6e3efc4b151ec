"""Passkeys that are shown."""

import base64
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

import msgspec

from shopcore.identity.errors import InvalidPasskey, PasskeyCopied
from shopcore.identity.events import PasskeyCountedBack
from shopcore.identity.model import Account, Assertion, Attestation, NewKey, Passkey, Use
from shopcore.identity.model.challenges import Ceremony, challenge_for, digest_of, over_at, require_own
from shopcore.identity.model.differences import Changed
from shopcore.identity.model.passkeys import find_credential, used, user_handle
from shopcore.identity.ports import Passkeys, SpentTokens
from shopcore.identity.steps.witness import Witness
from shopcore.kernel.actor import Customer
from shopcore.kernel.ids import CustomerId, Ids
from shopcore.kernel.sealing import Signer
from shopcore.kernel.unit_of_work import UnitOfWork

T = TypeVar("T")


class Shown(NamedTuple):
    """A passkey that was shown: the account with its use noted, which one it was, and what was verified."""

    account: Account
    passkey: Passkey
    use: Use


@dataclass(frozen=True, kw_only=True, slots=True)
class Ceremonies:
    """Gives challenges to be signed, and takes each back once: what an authenticator makes of it is verified here."""

    passkeys: Passkeys
    spent: SpentTokens
    signer: Signer
    ids: Ids
    witness: Witness
    unit_of_work: UnitOfWork

    def challenge(self, ceremony: Ceremony, subject: str, now: datetime) -> str:
        """A new challenge in base64url. Nothing is kept of it."""
        raw = challenge_for(self.signer, ceremony, subject, self.ids.secret(), now)
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    def answered(self, answer: Attestation | Assertion, ceremony: Ceremony, subject: str, now: datetime) -> bytes:
        """The challenge that was answered, if it is one of this shop's for just this. Raises `InvalidPasskey`."""
        challenge = self.passkeys.challenge_in(answer.client_data)
        require_own(self.signer, ceremony, subject, challenge, now)
        return challenge

    async def spend(self, challenge: bytes) -> None:
        """Use a challenge up, inside a unit of work. Raises `InvalidPasskey` if it was before."""
        if not await self.spent.spend(digest_of(challenge), over_at(challenge)):
            raise InvalidPasskey

    async def watched(
        self, customer_id: CustomerId, challenge: bytes, now: datetime, work: Callable[[], Coroutine[Any, Any, T]]
    ) -> T:
        """Run the unit of work in which a passkey is shown, and tell its owner where it may have been copied.

        What such a passkey was shown for is undone, so it is told of in another unit, which uses the challenge up.
        Raises what `work` raises.
        """
        try:
            return await self.unit_of_work(work)
        except PasskeyCopied as copied:
            passkey_id = copied.passkey_id

            async def tell() -> None:
                await self.spend(challenge)
                event = PasskeyCountedBack(at=now, customer_id=customer_id, passkey_id=passkey_id)
                refused = Changed({}, {"refused": f"passkey:{passkey_id}"})
                owner = Customer(customer_id=customer_id)
                await self.witness(owner, "account.passkey_copied", customer_id, event, refused)

            await self.unit_of_work(tell)
            raise

    def made(self, attestation: Attestation, challenge: bytes) -> NewKey:
        """A new passkey, verified. Raises `InvalidPasskey`."""
        return self.passkeys.made(attestation, challenge)

    def shown(self, account: Account, assertion: Assertion, challenge: bytes, now: datetime) -> Shown:
        """The account that shows one of its passkeys. Raises `InvalidPasskey`, `PasskeyCopied`."""
        passkey = find_credential(account.passkeys, assertion.credential)
        if passkey is None or assertion.user_handle not in {None, user_handle(account.id)}:
            raise InvalidPasskey
        use = self.passkeys.used(passkey, assertion, challenge)
        held = used(account.passkeys, passkey.id, use, now)
        return Shown(msgspec.structs.replace(account, passkeys=held), passkey, use)
