"""Give a passkey another name."""

from dataclasses import dataclass

import msgspec

from shopcore.identity.model import Account, Passkey
from shopcore.identity.model.passkeys import checked_passkey_name, find, rename
from shopcore.identity.steps import Witness
from shopcore.kernel.actor import Actor, signed_in
from shopcore.kernel.ids import PasskeyId
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class RenamePasskey:
    """By its name its owner knows which of their devices it is on."""

    witness: Witness
    unit_of_work: UnitOfWork

    async def __call__(self, actor: Actor, *, passkey_id: PasskeyId, name: str) -> Passkey:
        """A customer may, their own. Raises `PasskeyNotFound`, `InvalidInput` naming `name`."""
        customer_id, wanted = signed_in(actor).customer_id, checked_passkey_name(name)

        def change(held: Account) -> Account:
            return msgspec.structs.replace(held, passkeys=rename(held.passkeys, passkey_id, wanted))

        async def work() -> Account:
            return await self.witness.change(actor, "account.rename_passkey", customer_id, change)

        return find((await self.unit_of_work(work)).passkeys, passkey_id)
