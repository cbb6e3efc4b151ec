"""Add a passkey to an account."""

from dataclasses import dataclass

import msgspec

from shopcore.identity.errors import InvalidPasskey, PasskeyRefused
from shopcore.identity.events import PasskeysChanged
from shopcore.identity.model import Account, Attestation, Passkey
from shopcore.identity.model.challenges import Ceremony
from shopcore.identity.model.passkeys import add, checked_passkey_name
from shopcore.identity.model.proofs import vouches
from shopcore.identity.steps import Ceremonies, Witness
from shopcore.kernel.actor import STEP_UP, Actor, require_recent, signed_in
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import Ids, PasskeyId
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class AddPasskey:
    """From now on its owner can sign in with it alone; the password stays what it is."""

    ceremonies: Ceremonies
    witness: Witness
    unit_of_work: UnitOfWork
    ids: Ids
    clock: Clock

    async def __call__(self, actor: Actor, *, name: str, attestation: Attestation) -> Passkey:
        """A customer who has signed in lately may, for their own account.

        Raises `PasskeyRefused`, `PasskeyTaken`, `TooManyPasskeys`, `StepUpRequired`, `InvalidInput` naming `name`.
        """
        customer, now = signed_in(actor), self.clock.now()
        require_recent(customer.sign_in, now, STEP_UP)
        wanted = checked_passkey_name(name)
        try:
            challenge = self.ceremonies.answered(attestation, Ceremony.REGISTER, customer.customer_id, now)
            key = self.ceremonies.made(attestation, challenge)
        except InvalidPasskey:
            raise PasskeyRefused from None
        passkey = Passkey(
            id=PasskeyId(self.ids.new()),
            credential=attestation.credential,
            public_key=key.public_key,
            name=wanted,
            created_at=now,
            sign_count=key.sign_count,
            synced=key.synced,
            transports=attestation.transports,
            vouched_at=now if customer.sign_in is not None and vouches(customer.sign_in.methods) else None,
        )

        def change(held: Account) -> Account:
            return msgspec.structs.replace(held, passkeys=add(held.passkeys, passkey))

        async def work() -> None:
            await self.ceremonies.spend(challenge)
            event = PasskeysChanged(at=now, customer_id=customer.customer_id, is_added=True, proof=passkey.id)
            await self.witness.change(actor, "account.add_passkey", customer.customer_id, change, event)

        try:
            await self.unit_of_work(work)
        except InvalidPasskey:
            raise PasskeyRefused from None
        return passkey
