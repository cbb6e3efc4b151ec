"""What customers let apps do, so that nobody is asked the same thing twice."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from shopcore.kernel.ids import CustomerId


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """That a customer lets a client have these scopes. `given_at` is when they were asked last."""

    customer_id: CustomerId
    client_id: str
    scopes: tuple[str, ...]
    given_at: datetime


def covers(consent: Consent | None, scopes: Iterable[str]) -> bool:
    """Whether nothing of this is new to the customer."""
    return consent is not None and set(scopes) <= set(consent.scopes)


def widened(
    consent: Consent | None, customer_id: CustomerId, client_id: str, scopes: Iterable[str], now: datetime
) -> Consent:
    """The consent with these scopes too; what was agreed to before stays so until it is withdrawn."""
    before = () if consent is None else consent.scopes
    together = tuple(sorted({*before, *scopes}))
    return Consent(customer_id=customer_id, client_id=client_id, scopes=together, given_at=now)
