"""Everything that the client may raise, in the words of this adapter: one table.

Neither here nor elsewhere is what Stripe writes for people passed on: it may quote what it was sent.
"""

from typing import Any

import stripe

_IN_USE = 409
_IDS = frozenset(("id", "intent", "customer", "payment_method"))
"""What Stripe calls the thing that a request is about, where there is none."""


class Lost(Exception):
    """No answer, or one that says nothing: what was done is not known."""


class Broken(Lost):
    """Stripe itself failed. `is_kept` says that it will answer so to this key whenever it is asked."""

    def __init__(self, *, is_kept: bool) -> None:
        super().__init__("stripe failed")
        self.is_kept = is_kept


class Busy(Exception):
    """Nothing was done: too many calls, or the same request is being carried out at this moment."""

    def __init__(self, *, is_in_use: bool) -> None:
        super().__init__("stripe is busy")
        self.is_in_use = is_in_use


class KeyRefused(Exception):
    """Nothing was done: the secret key is not one, or may not do this."""


class TooMany(Exception):
    """Stripe lists more than can be looked through."""


class Refused(Exception):
    """Nothing was taken, and asking again will not change that. `code` is Stripe's, the most telling there is."""

    def __init__(self, code: str, *, is_other_request: bool = False, is_absent: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.is_other_request = is_other_request
        self.is_absent = is_absent


def told(error: stripe.StripeError) -> Exception:
    """What an error of the client means."""
    status, said = error.http_status or 0, _said(error)
    if isinstance(error, stripe.AuthenticationError | stripe.PermissionError):
        return KeyRefused()
    if 400 <= status < 500 and not said:
        return Lost()  # it is not Stripe who says so: something in between has sent a page of its own
    if isinstance(error, stripe.RateLimitError) or status == _IN_USE:
        return Busy(is_in_use=status == _IN_USE)
    if isinstance(error, stripe.APIConnectionError) or not 400 <= status < 500:
        is_kept = (error.headers or {}).get("idempotent-replayed") == "true"
        return Broken(is_kept=is_kept) if status >= 500 else Lost()
    code = str(said.get("decline_code") or said.get("code") or said.get("type") or "refused")
    return Refused(
        code,
        is_other_request=isinstance(error, stripe.IdempotencyError),
        is_absent=said.get("code") == "resource_missing" and said.get("param") in _IDS,
    )


def _said(error: stripe.StripeError) -> dict[str, Any]:
    body = error.json_body
    said = body.get("error") if isinstance(body, dict) else None
    return said if isinstance(said, dict) else {}
