"""The personal part of carts and orders, sealed."""

import msgspec

from shopcore.kernel.address import Contact
from shopcore.kernel.sealing import Sealer

NOBODY = Contact()

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Contact).decode


class SealedContacts:
    """Contacts of one table, each bound to its row: a sealed value that was moved to another one cannot be read."""

    def __init__(self, sealer: Sealer, table: str) -> None:
        self._sealer = sealer
        self._table = table

    def seal(self, row_id: str, contact: Contact) -> bytes | None:
        """For the `sealed` column; None for an empty contact, which has nothing to hide."""
        if contact == NOBODY:
            return None
        return self._sealer.seal(_encode(contact), f"{self._table}/{row_id}/contact")

    def unseal(self, row_id: str, sealed: bytes | None) -> Contact:
        """The contact again. Raises `Unsealable`."""
        if sealed is None:
            return NOBODY
        return _decode(self._sealer.unseal(sealed, f"{self._table}/{row_id}/contact"))
