"""Ids: UUIDv7 strings (RFC 9562), so that they sort by creation time. Clients never parse them."""

import re
from typing import NewType, Protocol

ProductId = NewType("ProductId", str)
VariantId = NewType("VariantId", str)
CategoryId = NewType("CategoryId", str)
CartId = NewType("CartId", str)
OrderId = NewType("OrderId", str)
PaymentId = NewType("PaymentId", str)
RefundId = NewType("RefundId", str)
FulfillmentId = NewType("FulfillmentId", str)
CustomerId = NewType("CustomerId", str)
SessionId = NewType("SessionId", str)
AddressId = NewType("AddressId", str)
PasskeyId = NewType("PasskeyId", str)
JobId = NewType("JobId", str)
Sku = NewType("Sku", str)

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


class Ids(Protocol):
    """Where new ids and secrets come from; read once, in the use case."""

    def new(self) -> str:
        """A UUIDv7 that sorts after every one this source gave before."""
        ...

    def secret(self) -> str:
        """A URL-safe token of at least 128 random bits, from a cryptographic source."""
        ...


def uuid7(unix_ms: int, random_bits: int) -> str:
    """Lay out a UUIDv7 (RFC 9562, 5.7) from a time in milliseconds and 74 random bits."""
    high = (unix_ms & 0xFFFF_FFFF_FFFF) << 16 | 0x7000 | (random_bits >> 62 & 0xFFF)
    low = 0b10 << 62 | (random_bits & 0x3FFF_FFFF_FFFF_FFFF)
    digits = f"{high << 64 | low:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def is_id(text: str) -> bool:
    """Whether it looks like one of ours, and so cannot be a slug."""
    return _ID.fullmatch(text) is not None
