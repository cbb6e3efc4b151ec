"""Stripe's objects, as much of them as the shop reads, and what an intent says of a payment."""

from collections.abc import Mapping, Sequence

import msgspec

from shopcore.adapters.stripe.amounts import from_stripe
from shopcore.kernel.ids import PaymentId, RefundId
from shopcore.kernel.money import Money
from shopcore.payments.model import (
    Dispute,
    DisputeNews,
    DisputeState,
    NextAction,
    Payment,
    PaymentState,
    RefundNews,
    Report,
    SavedMethod,
    gateway_key,
)

GIVEN_UP = "abandoned"
"""The reason, in Stripe's words, for which an intent is cancelled that Stripe itself failed to confirm."""

_STATES = {
    "requires_payment_method": PaymentState.REQUIRES_ACTION,
    "requires_confirmation": PaymentState.REQUIRES_ACTION,
    "requires_action": PaymentState.REQUIRES_ACTION,
    "processing": PaymentState.PROCESSING,
    "requires_capture": PaymentState.AUTHORIZED,
    "succeeded": PaymentState.SUCCEEDED,
    "canceled": PaymentState.VOIDED,
}


class Problem(msgspec.Struct, frozen=True):
    """Why the last try at an intent failed."""

    code: str | None = None
    decline_code: str | None = None
    type: str | None = None

    @property
    def word(self) -> str:
        """The most telling code."""
        return self.decline_code or self.code or self.type or "failed"


class Redirect(msgspec.Struct, frozen=True):
    """Where the customer is sent."""

    url: str


class Action(msgspec.Struct, frozen=True):
    """What the customer has to do; without a page to go to, Stripe's script on the shop's own page does it."""

    type: str
    redirect_to_url: Redirect | None = None


class Intent(msgspec.Struct, frozen=True):
    """A PaymentIntent: it takes its amount at most once, whoever confirms it and however often."""

    id: str
    amount: int
    currency: str
    status: str
    created: int = 0
    amount_received: int = 0
    client_secret: str | None = None
    cancellation_reason: str | None = None
    last_payment_error: Problem | None = None
    next_action: Action | None = None
    metadata: dict[str, str] = {}

    @property
    def is_untried(self) -> bool:
        """Whether nobody has told it to take the money yet, nor to take it no more."""
        return self.status in {"requires_payment_method", "requires_confirmation"} and self.last_payment_error is None

    @property
    def is_over(self) -> bool:
        """Whether it has taken the money, or never will."""
        return self.status in {"succeeded", "canceled"}

    @property
    def is_held(self) -> bool:
        """Whether it holds money that it has not taken."""
        return self.status == "requires_capture"

    @property
    def is_open(self) -> bool:
        """Whether it could still be told to take the money."""
        return self.status.startswith("requires_")

    @property
    def key(self) -> str | None:
        """Which attempt it is for; None for one that no shop has made."""
        return self.metadata.get("shop_key")

    def is_for(self, payment: Payment) -> bool:
        """Whether it is the payment's present attempt."""
        return self.key == gateway_key(payment.id, payment.attempt)


class Intents(msgspec.Struct, frozen=True):
    """A page of them, newest first."""

    data: Sequence[Intent]
    has_more: bool


class Refund(msgspec.Struct, frozen=True):
    """Money on its way back, or there."""

    id: str
    status: str | None = None
    failure_reason: str | None = None
    metadata: dict[str, str] | None = None

    @property
    def done(self) -> bool | None:
        """Whether it has arrived; None while it is on its way."""
        return {"succeeded": True, "failed": False, "canceled": False}.get(self.status or "")


class RefundTold(Refund, frozen=True):
    """A refund in an event, with the intent that it gives the money back of."""

    payment_intent: str | None = None

    @property
    def news(self) -> RefundNews | None:
        """What it says of a refund of the shop, once it is settled."""
        refund_id = (self.metadata or {}).get("shop_refund")
        if refund_id is None or self.payment_intent is None or self.done is None:
            return None
        return RefundNews(reference=self.payment_intent, refund_id=RefundId(refund_id), done=self.done)


class Withdrawn(msgspec.Struct, frozen=True):
    """What a dispute has moved: below zero what the bank took, above it what it gave back."""

    amount: int


class Disputed(msgspec.Struct, frozen=True):
    """A dispute. One whose status begins with `warning` is a question, and moves no money. One that was `prevented` has
    ended before it began: what it moved says how.
    """

    id: str
    amount: int
    currency: str
    status: str
    payment_intent: str | None = None
    balance_transactions: Sequence[Withdrawn] = ()

    @property
    def state(self) -> DisputeState | None:
        """How it stands; None while it moves no money."""
        if self.status.startswith("warning"):
            return None
        if self.status == "prevented":
            moved = sum(each.amount for each in self.balance_transactions)
            return DisputeState.LOST if moved < 0 else None
        return {"won": DisputeState.WON, "lost": DisputeState.LOST}.get(self.status, DisputeState.OPEN)

    @property
    def news(self) -> DisputeNews | None:
        """What it says of a charge of the shop, if it moves money."""
        state = self.state
        if self.payment_intent is None or state is None:
            return None
        dispute = Dispute(id=self.id, state=state, amount=from_stripe(self.amount, self.currency))
        return DisputeNews(reference=self.payment_intent, dispute=dispute)


class Refunds(msgspec.Struct, frozen=True):
    """A page of them, newest first."""

    data: Sequence[Refund]
    has_more: bool


class Named(msgspec.Struct, frozen=True):
    """Anything with an id."""

    id: str


class Card(msgspec.Struct, frozen=True):
    """What may be shown of a card."""

    brand: str | None = None
    last4: str | None = None
    exp_month: int | None = None
    exp_year: int | None = None


class Method(msgspec.Struct, frozen=True):
    """A payment method, and the Customer that it is kept for."""

    id: str
    type: str
    customer: str | None = None
    card: Card | None = None

    @property
    def saved(self) -> SavedMethod:
        """As its customer sees it."""
        card = self.card or Card()
        return SavedMethod(
            id=self.id,
            gateway="stripe",
            type=self.type,
            brand=card.brand,
            last4=card.last4,
            expires_month=card.exp_month,
            expires_year=card.exp_year,
        )


class Methods(msgspec.Struct, frozen=True):
    """A page of them, newest first."""

    data: Sequence[Method]


def marks_of(payment: Payment) -> dict[str, str]:
    """What an intent is found by, and read as one of ours: no personal value."""
    key = gateway_key(payment.id, payment.attempt)
    return {"shop_key": key, "shop_payment": payment.id, "shop_order": payment.order_id}


def report_of(intent: Intent) -> Report | None:
    """What an intent says; None for one that is none of the shop's."""
    payment_id, attempt = mark_of(intent.metadata)
    if payment_id is None or attempt is None or intent.status not in _STATES:
        return None
    return Report(
        payment_id=payment_id,
        attempt=attempt,
        state=state_of(intent),
        amount=_amount_of(intent),
        reference=intent.id,
        client_secret=intent.client_secret if state_of(intent) is PaymentState.REQUIRES_ACTION else None,
        next_action=_action_of(intent),
        failure=_failure_of(intent),
    )


def mark_of(metadata: Mapping[str, str]) -> tuple[PaymentId, int] | tuple[None, None]:
    """The payment and the attempt that an intent or its charge is marked with; None where no shop has made it."""
    payment_id, _, attempt = metadata.get("shop_key", "").rpartition(":")
    return (PaymentId(payment_id), int(attempt)) if payment_id and attempt.isdecimal() else (None, None)


def state_of(intent: Intent) -> PaymentState:
    """An intent whose last try failed waits for another card at Stripe; to the shop, the attempt has failed."""
    return PaymentState.FAILED if _failure_of(intent) else _STATES[intent.status]


def _failure_of(intent: Intent) -> str | None:
    if intent.status == "canceled":
        return "gateway_error" if intent.cancellation_reason == GIVEN_UP else None
    if intent.status != "requires_payment_method" or intent.last_payment_error is None:
        return None
    return intent.last_payment_error.word


def _amount_of(intent: Intent) -> Money:
    units = intent.amount_received if intent.status == "succeeded" else intent.amount
    return from_stripe(units, intent.currency)


def _action_of(intent: Intent) -> NextAction | None:
    action = intent.next_action
    if intent.status != "requires_action" or action is None or action.redirect_to_url is None:
        return None
    return NextAction(type="redirect", url=action.redirect_to_url.url)
