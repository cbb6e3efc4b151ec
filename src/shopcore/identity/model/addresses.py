"""A customer's address book."""

import msgspec

from shopcore.identity.errors import AddressNotFound, TooManyAddresses
from shopcore.kernel.address import Address
from shopcore.kernel.ids import AddressId

MOST = 50


class SavedAddress(msgspec.Struct, frozen=True, kw_only=True):
    """An address under its own id."""

    id: AddressId
    address: Address


def find(book: tuple[SavedAddress, ...], address_id: AddressId) -> SavedAddress:
    """Raises `AddressNotFound`."""
    for saved in book:
        if saved.id == address_id:
            return saved
    raise AddressNotFound


def add(book: tuple[SavedAddress, ...], saved: SavedAddress) -> tuple[SavedAddress, ...]:
    """One more, at the end. Raises `TooManyAddresses`."""
    if len(book) >= MOST:
        raise TooManyAddresses(MOST)
    return (*book, saved)


def replace(book: tuple[SavedAddress, ...], saved: SavedAddress) -> tuple[SavedAddress, ...]:
    """Another address under the same id, in the same place. Raises `AddressNotFound`."""
    find(book, saved.id)
    return tuple(saved if known.id == saved.id else known for known in book)


def remove(book: tuple[SavedAddress, ...], address_id: AddressId) -> tuple[SavedAddress, ...]:
    """Raises `AddressNotFound`."""
    find(book, address_id)
    return tuple(known for known in book if known.id != address_id)
