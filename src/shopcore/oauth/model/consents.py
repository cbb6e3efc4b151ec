"""What customers let apps do, so that nobody is asked the same thing twice."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from shopcore.kernel.ids import CustomerId
from shopcore.oauth.model.clients import Client
from shopcore.oauth.model.redirects import place_of


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """That a customer lets a client have these scopes, by codes that go to these places.

    `given_at` is when they were asked last, of this `edition`.
    """

    customer_id: CustomerId
    client_id: str
    scopes: tuple[str, ...]
    given_at: datetime
    edition: int = 0
    places: tuple[str, ...] = ()


def in_force(consent: Consent | None, client: Client) -> Consent | None:
    """The consent, unless codes of the client can go to somebody else since: then the customer was never asked."""
    return consent if consent is not None and consent.edition == client.edition else None


def covers(consent: Consent | None, scopes: Iterable[str], redirect: str) -> bool:
    """Whether nothing of this is new to the customer, where the code goes included.

    An address that was added since is no part of what they agreed to, whatever they agreed to at another one.
    """
    return consent is not None and set(scopes) <= set(consent.scopes) and place_of(redirect) in consent.places


def widened(
    consent: Consent | None,
    customer_id: CustomerId,
    client_id: str,
    scopes: Iterable[str],
    now: datetime,
    edition: int = 0,
    redirect: str = "",
) -> Consent:
    """The consent with these scopes and this place too; what was agreed to before stays so until it is withdrawn."""
    before, places = ((), ()) if consent is None else (consent.scopes, consent.places)
    return Consent(
        customer_id=customer_id,
        client_id=client_id,
        scopes=tuple(sorted({*before, *scopes})),
        given_at=now,
        edition=edition,
        places=tuple(sorted({*places, place_of(redirect)})),
    )
