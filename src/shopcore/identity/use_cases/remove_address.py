"""Take an address out of the address book."""

from dataclasses import dataclass

import msgspec

from shopcore.identity.model import Account, addresses
from shopcore.identity.steps import Witness
from shopcore.kernel.actor import Actor, Own, signed_in
from shopcore.kernel.ids import AddressId
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class RemoveAddress:
    """Orders that were sent there keep it."""

    witness: Witness
    unit_of_work: UnitOfWork

    async def __call__(self, actor: Actor, *, address_id: AddressId) -> None:
        """A customer may, out of their own book. Raises `AddressNotFound`."""
        customer_id = signed_in(actor, Own.ADDRESSES).customer_id

        def change(held: Account) -> Account:
            return msgspec.structs.replace(held, addresses=addresses.remove(held.addresses, address_id))

        async def work() -> None:
            await self.witness.change(actor, "account.remove_address", customer_id, change)

        await self.unit_of_work(work)
