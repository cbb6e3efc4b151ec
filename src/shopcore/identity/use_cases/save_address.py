"""Put an address into the address book, or another one in its place."""

from dataclasses import dataclass

import msgspec

from shopcore.identity.model import Account, SavedAddress, addresses
from shopcore.identity.steps import Witness
from shopcore.kernel.actor import Actor, Own, signed_in
from shopcore.kernel.address import Address, problems_of
from shopcore.kernel.errors import InvalidInput
from shopcore.kernel.ids import AddressId, Ids
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class SaveAddress:
    """Without an id it is a new one."""

    witness: Witness
    unit_of_work: UnitOfWork
    ids: Ids

    async def __call__(self, actor: Actor, *, address: Address, address_id: AddressId | None = None) -> SavedAddress:
        """A customer may, in their own book. Raises `InvalidInput`, `AddressNotFound`, `TooManyAddresses`."""
        customer_id = signed_in(actor, Own.ADDRESSES).customer_id
        if problems := problems_of(address, "address"):
            raise InvalidInput(*(msgspec.structs.replace(one, field=one.field.split("/")[1]) for one in problems))
        saved = SavedAddress(id=address_id or AddressId(self.ids.new()), address=address)
        put = addresses.add if address_id is None else addresses.replace

        def change(held: Account) -> Account:
            return msgspec.structs.replace(held, addresses=put(held.addresses, saved))

        async def work() -> None:
            await self.witness.change(actor, "account.save_address", customer_id, change)

        await self.unit_of_work(work)
        return saved
