"""What tests ask the double for."""

from typing import Any

import stripe

Client = stripe.StripeClient


CREATE = "POST /v1/payment_intents"


async def created(client: Client, key: str | None = None, **params: Any) -> stripe.PaymentIntent:
    """A PaymentIntent over 19.99 USD, unless told otherwise."""
    asked: Any = {"amount": 1999, "currency": "usd", "metadata": {"order": "7"}, **params}
    return await client.v1.payment_intents.create_async(asked, {"idempotency_key": key} if key else {})


async def paid(
    client: Client, method: str = "pm_card_visa", key: str | None = None, **params: Any
) -> stripe.PaymentIntent:
    """One that is confirmed at once."""
    params = {"automatic_payment_methods": {"enabled": True, "allow_redirects": "never"}, **params}
    return await created(client, key, payment_method=method, confirm=True, **params)


def error_of(error: stripe.StripeError) -> dict[str, Any]:
    """What the answer said."""
    assert isinstance(error.json_body, dict)
    found: dict[str, Any] = error.json_body["error"]
    return found
