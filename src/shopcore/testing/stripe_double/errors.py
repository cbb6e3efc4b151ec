"""What Stripe says when it does not do what it is asked."""

from typing import Any


class Refusal(Exception):
    """An error answer. `is_kept` says whether it is replayed under an idempotency key: refused before anything was
    begun, it is not.
    """

    def __init__(self, status: int, kind: str, message: str, *, is_kept: bool = False, **details: Any) -> None:
        super().__init__(message)
        self.status = status
        self.is_kept = is_kept
        self.details = {"type": kind, "message": message, **{name: it for name, it in details.items() if it}}

    @property
    def body(self) -> dict[str, Any]:
        """The answer's JSON."""
        return {"error": self.details}


def invalid(message: str, param: str | None = None, code: str | None = None) -> Refusal:
    """400: the request makes no sense."""
    return Refusal(400, "invalid_request_error", message, param=param, code=code)


def missing(what: str, name: str) -> Refusal:
    """404: there is no such thing."""
    return Refusal(404, "invalid_request_error", f"No such {what}: '{name}'", param="id", code="resource_missing")


def unexpected_state(intent: dict[str, Any], act: str) -> Refusal:
    """400: a PaymentIntent in this status cannot be dealt with like that."""
    message = f"You cannot {act} this PaymentIntent because it has a status of {intent['status']}."
    code = "payment_intent_unexpected_state"
    return Refusal(400, "invalid_request_error", message, is_kept=True, code=code, payment_intent=dict(intent))


def declined(intent: dict[str, Any], problem: dict[str, Any]) -> Refusal:
    """402: the card was not charged."""
    return Refusal(
        402,
        "card_error",
        problem["message"],
        is_kept=True,
        code=problem["code"],
        decline_code=problem.get("decline_code"),
        charge=intent["latest_charge"],
        payment_intent=dict(intent),
    )
