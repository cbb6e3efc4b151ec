"""The payment methods for tests that Stripe documents, and what becomes of a charge to each.

Source: Stripe's documentation, "Test your integration". Numbers stand here for `POST /v1/payment_methods` only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, kw_only=True)
class Card:
    """A method: the code of its decline, if it declines; whether the customer has to act first; how refunds go,
    and whether they come back after they have succeeded.
    """

    number: str
    brand: str = "visa"
    kind: str = "card"
    code: str | None = None
    decline_code: str | None = None
    authenticates: bool = False
    settles_later: bool = False
    refund: str = "succeeded"
    refund_fails: bool = False
    is_disputed: bool = False


def _declined(number: str, decline_code: str) -> Card:
    return Card(number=number, code="card_declined", decline_code=decline_code)


CARDS: Mapping[str, Card] = MappingProxyType(
    {
        "pm_card_visa": Card(number="4242424242424242"),
        "pm_card_mastercard": Card(number="5555555555554444", brand="mastercard"),
        "pm_card_amex": Card(number="378282246310005", brand="amex"),
        "pm_card_visa_chargeDeclined": _declined("4000000000000002", "generic_decline"),
        "pm_card_visa_chargeDeclinedInsufficientFunds": _declined("4000000000009995", "insufficient_funds"),
        "pm_card_visa_chargeDeclinedLostCard": _declined("4000000000009987", "lost_card"),
        "pm_card_visa_chargeDeclinedStolenCard": _declined("4000000000009979", "stolen_card"),
        "pm_card_chargeDeclinedExpiredCard": Card(number="4000000000000069", code="expired_card"),
        "pm_card_chargeDeclinedIncorrectCvc": Card(number="4000000000000127", code="incorrect_cvc"),
        "pm_card_chargeDeclinedProcessingError": Card(number="4000000000000119", code="processing_error"),
        "pm_card_authenticationRequired": Card(number="4000002760003184", authenticates=True),
        "pm_card_threeDSecure2Required": Card(number="4000000000003220", authenticates=True),
        "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds": Card(
            number="4000008260003178", authenticates=True, code="card_declined", decline_code="insufficient_funds"
        ),
        "pm_card_createDispute": Card(number="4000000000000259", is_disputed=True),
        "pm_card_pendingRefund": Card(number="4000000000007726", refund="pending"),
        "pm_card_refundFail": Card(number="4000000000005126", refund_fails=True),
        "pm_usBankAccount_success": Card(number="000123456789", kind="us_bank_account", settles_later=True),
    }
)

BY_NUMBER: Mapping[str, str] = MappingProxyType({card.number: name for name, card in CARDS.items()})
