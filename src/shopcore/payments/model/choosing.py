"""Which gateway a payment is made through: rules, and switches."""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec

from shopcore.kernel.money import Money
from shopcore.payments.errors import PaymentNotRetryable, PaymentUnderWay
from shopcore.payments.model.attempts import still_open
from shopcore.payments.model.payments import OPEN, Payment, PaymentState, attempt_of
from shopcore.payments.model.wallets import WalletName


class GatewayRule(msgspec.Struct, frozen=True, kw_only=True):
    """The gateways for such payments, the first one first; the others where it is certain that it took nothing. Their
    buyers may name any of these, or of those in `allowed`, and no other; `manual.cash_on_delivery` there is one method
    of a gateway.

    What is not said holds for all. `least` and `most` are in the minor units of `currency`, both included.
    """

    gateways: tuple[str, ...]
    allowed: tuple[str, ...] = ()
    currency: str | None = None
    countries: frozenset[str] = frozenset()
    least: int | None = None
    most: int | None = None

    @property
    def is_for_all(self) -> bool:
        """Whether it is about every payment, so that none comes to a rule after it."""
        return not self.countries and (self.currency, self.least, self.most) == (None, None, None)

    def holds_for(self, amount: Money, country: str | None) -> bool:
        """Whether the rule is about such a payment."""
        return (
            self.currency in {None, amount.currency}
            and (not self.countries or country in self.countries)
            and (self.least is None or self.least <= amount.amount)
            and (self.most is None or amount.amount <= self.most)
        )


class Switch(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a gateway begins new payments; one that nobody has switched does. It finishes what it has begun."""

    gateway: str
    is_on: bool
    by: str
    at: datetime
    reason: str = ""


class GatewayState(msgspec.Struct, frozen=True, kw_only=True):
    """A gateway of the shop, and the last word of staff about it, if there is one."""

    name: str
    is_on: bool
    is_default: bool
    switch: Switch | None = None


def candidates(rules: Sequence[GatewayRule], default: str, amount: Money, country: str | None) -> tuple[str, ...]:
    """The gateways for a payment in their order, by the first rule that is about it; else the default one."""
    return next((rule.gateways for rule in rules if rule.holds_for(amount, country)), (default,))


def to_be_named(
    rules: Sequence[GatewayRule], default: str, offered: Collection[str], amount: Money, country: str | None
) -> Collection[str]:
    """Those that the buyer may choose from: of a shop without rules all that are `offered`; else those of the first
    rule that is about the payment, or the default one.
    """
    if not rules:
        return offered
    return next(((*rule.gateways, *rule.allowed) for rule in rules if rule.holds_for(amount, country)), (default,))


def is_among(known: Collection[str], gateway: str, method: str | None) -> bool:
    """Whether the buyer may choose it: with any method, or with the one that is named."""
    return gateway in known or (method is not None and f"{gateway}.{method}" in known)


def in_use(names: Sequence[str], off: Collection[str]) -> tuple[str, ...]:
    """Those that are switched on; where none is, all of them: the payment waits for the first of them that is."""
    return tuple(name for name in names if name not in off) or tuple(names)


def _is_untouched(payment: Payment) -> bool:
    return payment.state is PaymentState.REQUIRES_PAYMENT and payment.asked_at is None


def turn_or_wait(payment: Payment, attempt: int, at: datetime, off: Collection[str]) -> Payment:
    """The turn of the next gateway that is switched on, as `turn_elsewhere` has it; where none is, the payment is set
    by until one of its gateways is, and nobody is asked before that is written down.
    """
    on = tuple(name for name in payment.others if name not in off)
    if on:
        return turn_elsewhere(msgspec.structs.replace(payment, others=on), attempt, at)
    if payment.attempt != attempt or not _is_untouched(payment):
        raise PaymentNotRetryable(payment.state.value)
    return msgspec.structs.replace(payment, is_set_by=True, updated_at=at)


def take_up(payment: Payment, gateway: str, at: datetime) -> Payment:
    """The turn of this gateway, for a payment that was set by: written down before it is asked, and from then on no
    other is. What somebody else has taken up stays as it is.

    Another gateway than the one that it waited for has an attempt of its own: whoever stopped the payment may have
    asked the first one to, and what that says is not of the second. Raises `PaymentNotRetryable` for what has ended.
    """
    if not payment.is_set_by:
        return payment
    if payment.state not in OPEN:
        raise PaymentNotRetryable(payment.state.value)
    taken = msgspec.structs.replace(
        payment, gateway=gateway, others=(), is_set_by=False, begun_at=at, asked_at=None, updated_at=at
    )
    if gateway == payment.gateway:
        return taken
    earlier, closed = (*payment.earlier, attempt_of(payment, payment.attempt)), (*payment.closed, payment.attempt)
    return msgspec.structs.replace(taken, earlier=earlier, closed=closed, attempt=payment.attempt + 1)


def turn_elsewhere(payment: Payment, attempt: int, at: datetime) -> Payment:
    """The next gateway's turn: for whoever is certain that this attempt, which nobody else has asked for, took nothing.

    Raises `PaymentNotRetryable` where something was heard of it, where somebody else is about to ask for it, or has,
    or where there is no other gateway.
    """
    if payment.attempt != attempt or not _is_untouched(payment) or not payment.others:
        raise PaymentNotRetryable(payment.state.value)
    return msgspec.structs.replace(
        payment,
        gateway=payment.others[0],
        others=payment.others[1:],
        earlier=(*payment.earlier, attempt_of(payment, payment.attempt)),
        closed=(*payment.closed, attempt),
        attempt=payment.attempt + 1,
        is_set_by=False,
        begun_at=at,
        asked_at=None,
        updated_at=at,
    )


def try_again(
    payment: Payment,
    gateways: Sequence[str],
    method: str | None,
    return_url: str | None,
    at: datetime,
    *,
    wallet: WalletName | None = None,
    saves: bool = False,
) -> Payment:
    """A new attempt, with the first of these gateways, by whoever has this wallet. Raises `PaymentNotRetryable` unless
    the last one is known to have failed, or to have been stopped, and `PaymentUnderWay` where any before may still take
    money.
    """
    if payment.state not in {PaymentState.FAILED, PaymentState.VOIDED}:
        raise PaymentNotRetryable(payment.state.value)
    if still_open(payment):
        raise PaymentUnderWay
    return msgspec.structs.replace(
        payment,
        gateway=gateways[0],
        others=tuple(gateways[1:]),
        method=method,
        return_url=return_url,
        wallet=wallet,
        saves=saves,
        is_set_by=False,
        earlier=(*payment.earlier, attempt_of(payment, payment.attempt)),
        attempt=payment.attempt + 1,
        state=PaymentState.REQUIRES_PAYMENT,
        reference=None,
        failure=None,
        client_secret=None,
        next_action=None,
        quiet_until=None,
        capturing=None,
        letting_go=False,
        begun_at=at,
        asked_at=None,
        updated_at=at,
    )
