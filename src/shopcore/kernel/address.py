"""A postal address, and who is written to: shared by carts, orders and tax."""

import re
from typing import Protocol

import msgspec

from shopcore.kernel.errors import FieldError
from shopcore.kernel.iso3166 import COUNTRIES

_LOCALE = re.compile(r"[a-zA-Z]{2,3}(-[a-zA-Z]{4})?(-([a-zA-Z]{2}|[0-9]{3}))?")

_LONGEST = 200  # longer than any line of an address that a carrier's label can hold


class Address(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where to send to, or whom to bill. `country` is ISO 3166-1 alpha-2, `region` what follows it in ISO 3166-2."""

    name: str
    line1: str
    city: str
    country: str
    company: str | None = None
    line2: str | None = None
    region: str | None = None
    postal_code: str | None = None
    phone: str | None = None


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """The personal part of a cart or an order: always stored sealed. `locale` is the language to write in (BCP 47)."""

    email: str | None = None
    shipping_address: Address | None = None
    billing_address: Address | None = None
    locale: str | None = None


class EmailAddresses(Protocol):
    """What counts as an e-mail address."""

    def normal(self, text: str, field: str = "email") -> str:
        """The one normal form: RFC 5321 and 6531 syntax, an IDNA 2008 domain, a small local part (decision 0024).

        MUST be its own normal form. Raises `InvalidInput` naming `field`.
        """
        ...


def locale_problems(locale: str | None, field: str = "locale") -> tuple[FieldError, ...]:
    """What is wrong with a language tag of the plain kind: a language, perhaps a script and a region (RFC 5646)."""
    if locale is None or _LOCALE.fullmatch(locale):
        return ()
    return (FieldError(field=field, code="invalid_locale", message="must be a language such as de or de-AT"),)


def problems_of(address: Address, field: str) -> tuple[FieldError, ...]:
    """Everything wrong with an address, each under `field/<part>`; empty when it can be delivered to."""
    return (*_missing(address, field), *_unprintable(address, field), *_country(address, field))


def _missing(address: Address, field: str) -> tuple[FieldError, ...]:
    return tuple(
        FieldError(field=f"{field}/{part}", code="required", message="must not be empty")
        for part in ("name", "line1", "city")
        if not getattr(address, part).strip()
    )


def _unprintable(address: Address, field: str) -> tuple[FieldError, ...]:
    return tuple(
        FieldError(
            field=f"{field}/{part}",
            code="invalid_text",
            message=f"must be at most {_LONGEST} characters, without control characters",
        )
        for part, value in msgspec.structs.asdict(address).items()
        if value is not None and (len(value) > _LONGEST or not value.isprintable())
    )


def _country(address: Address, field: str) -> tuple[FieldError, ...]:
    if address.country in COUNTRIES:
        return ()
    message = "must be an ISO 3166-1 alpha-2 code such as DE"
    return (FieldError(field=f"{field}/country", code="unknown_country", message=message),)
