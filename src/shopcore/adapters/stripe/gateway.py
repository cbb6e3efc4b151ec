"""Stripe as a payment gateway."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from shopcore.adapters.stripe.amounts import NotTakable, step_of, to_stripe
from shopcore.adapters.stripe.errors import Broken, Refused
from shopcore.adapters.stripe.intents import StripeIntents
from shopcore.adapters.stripe.link import NAME, Link
from shopcore.adapters.stripe.movements import StripeMovements
from shopcore.adapters.stripe.objects import Intent, Refund, Refunds, report_of
from shopcore.adapters.stripe.webhooks import read_event, verify
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import RefundId
from shopcore.kernel.money import Money
from shopcore.payments.errors import (
    CaptureRefused,
    GatewayClosed,
    GatewayLocked,
    GatewayUnavailable,
    PaymentNotFound,
    UnknownGateway,
)
from shopcore.payments.model import Movement, Payment, PaymentState, Report
from shopcore.payments.ports import GatewayEvent, RefundReport

_METHOD = re.compile(r"pm_[A-Za-z0-9_]{1,250}")
_PAGE = 100
_PASSING = frozenset(("balance_insufficient", "insufficient_funds", "lock_timeout"))
"""Refusals of a refund that end by themselves: the balance fills, a lock opens (Stripe: "Error codes")."""

_refund = msgspec.json.Decoder(Refund)
_refunds = msgspec.json.Decoder(Refunds)


class StripeGateway:
    """Takes money by PaymentIntents. With a method it confirms the intent itself; without one the customer's page does,
    with the client secret that the report carries.
    """

    def __init__(
        self, link: Link, clock: Clock, *, webhook_secrets: Sequence[str], captures_later: bool = False
    ) -> None:
        self._link = link
        self._clock = clock
        self._secrets = tuple(webhook_secrets)
        self._intents = StripeIntents(link=link, clock=clock, captures_later=captures_later)

    @property
    def name(self) -> str:
        """Its name in settings, orders and webhooks."""
        return NAME

    def check_method(self, method: str | None) -> None:
        """Raises `UnknownGateway` for what is no payment method of Stripe."""
        if method is not None and not _METHOD.fullmatch(method):
            raise UnknownGateway("payment/method", "a payment method of Stripe, such as pm_card_visa, or be left out")

    def step(self, currency: str) -> int:
        """Ten thousandths of a dinar, whole ariary, every unit of all others."""
        return step_of(currency)

    async def begin(self, payment: Payment) -> Report:
        """Make the intent, and tell it to take the money if the method is known. See the port."""
        self.check_method(payment.method)
        if self._link.is_closed:  # later, a question may have been put that was not answered
            raise GatewayClosed(NAME)
        try:
            paid = await self._close_earlier(payment)
            if paid is not None:
                return paid
            intent = await self._intents.made(payment)
        except GatewayLocked:  # nobody has told an intent to take money yet
            raise GatewayClosed(NAME) from None
        except NotTakable:
            return _ended(payment, PaymentState.FAILED, "amount_not_supported")
        except Refused as refusal:
            return _ended(payment, PaymentState.FAILED, refusal.code)
        if intent is None:
            return _ended(payment, PaymentState.FAILED, "gateway_error")
        if payment.method is None or not intent.is_untried:
            return _said(intent, payment)
        try:
            return _said(await self._intents.confirmed(intent, payment), payment)
        except Refused as refusal:  # known by its id, it is closed before another attempt
            failed = _ended(payment, PaymentState.FAILED, refusal.code)
            return msgspec.structs.replace(failed, reference=intent.id)

    async def look_up(self, payment: Payment) -> Report | None:
        """What became of the current attempt. See the port."""
        intent = await self._intents.seen(payment)
        if intent is None or (payment.method is not None and intent.is_untried):
            return None
        return _said(intent, payment)

    async def find(self, reference: str) -> Report | None:
        """What the intent with this id says, if it is one of the shop's. See the port."""
        intent = await self._intents.named(reference)
        return None if intent is None else report_of(intent)

    async def cancel(self, payment: Payment) -> Report:
        """Cancel the intent; one that was never made is made for it, under the key that `begin` would use."""
        try:
            intent = await self._intents.made(payment)
        except (NotTakable, Refused):
            intent = None
        if intent is None:
            return _ended(payment, PaymentState.VOIDED, None)
        before, after = _said(intent, payment), _said(await self._intents.cancelled(intent), payment)
        has_failed = before.state is PaymentState.FAILED and after.state is PaymentState.VOIDED
        return before if has_failed else after

    async def capture(self, payment: Payment) -> Report:
        """Take what is held. See the port."""
        intent = await self._intents.of(payment)
        if intent is None:
            raise PaymentNotFound
        try:
            return _said(await self._intents.captured(intent, payment.capturing), payment)
        except NotTakable:
            raise CaptureRefused(NAME, "amount_not_supported") from None

    async def refund(self, payment: Payment, refund_id: RefundId, amount: Money) -> RefundReport:
        """Give money back once per `refund_id`, also when Stripe has forgotten the key: it is looked for first.

        What Stripe has refused it repeats under the key for a day, then it is asked anew.
        """
        intent = await self._intents.of(payment)
        if intent is None or intent.status != "succeeded":
            return RefundReport(refund_id=refund_id, done=False, failure="not_charged")
        try:
            known = await self._refund_of(intent, refund_id)
            given = known or await self._give_back(intent, refund_id, amount)
        except NotTakable:
            return RefundReport(refund_id=refund_id, done=False, failure="amount_not_supported")
        except Refused as refusal:
            if refusal.is_other_request:  # asked for by an earlier release, whose answer Stripe keeps for a day
                raise GatewayUnavailable(NAME) from refusal
            done = None if refusal.code in _PASSING else False
            return RefundReport(refund_id=refund_id, done=done, failure=refusal.code)
        except Broken as failure:
            raise GatewayUnavailable(NAME) from failure
        return RefundReport(refund_id=refund_id, done=given.done, failure=given.failure_reason)

    def movements(self, since: datetime, until: datetime) -> AsyncIterator[Movement]:
        """The balance, line by line. See the port."""
        return StripeMovements(self._link).listed(since, until)

    async def movements_of(self, payment: Payment) -> Sequence[Movement]:
        """What was booked of one payment. See the port."""
        return await StripeMovements(self._link).of(payment)

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> GatewayEvent:
        """Check the signature, then decode. Raises `BadSignature`, or `InvalidInput` for a body that is no event."""
        verify(self._secrets, body, headers, self._clock.now())
        return read_event(body)

    async def _close_earlier(self, payment: Payment) -> Report | None:
        """An attempt that failed is still open at Stripe, and so may be the page that shows it. Answers what one says
        that has taken the money after all, or is about to.
        """
        for tried in payment.earlier:
            if tried.gateway != NAME or tried.reference is None:
                continue
            before = msgspec.structs.replace(payment, attempt=tried.number, reference=tried.reference)
            intent = await self._intents.of(before)
            if intent is not None:
                report = _said(await self._intents.cancelled(intent), payment)
                if report.state is not PaymentState.VOIDED:
                    return report
        return None

    async def _refund_of(self, intent: Intent, refund_id: RefundId) -> Refund | None:
        asked: Any = {"payment_intent": intent.id, "limit": _PAGE}
        while True:
            page = _refunds.decode((await self._link.ask(lambda client: client.v1.refunds.list_async(asked))).body)
            mine = [each for each in page.data if (each.metadata or {}).get("shop_refund") == refund_id]
            if mine or not page.has_more:
                return mine[0] if mine else None
            asked["starting_after"] = page.data[-1].id

    async def _give_back(self, intent: Intent, refund_id: RefundId, amount: Money) -> Refund:
        if amount.currency != intent.currency.upper():
            raise Refused("currency_mismatch")
        asked: Any = {
            "payment_intent": intent.id,
            "amount": to_stripe(amount),
            "metadata": {"shop_refund": refund_id, **({} if intent.key is None else {"shop_key": intent.key})},
        }
        options: Any = {"idempotency_key": f"refund:{refund_id}"}
        answer = await self._link.ask(lambda client: client.v1.refunds.create_async(asked, options))
        return _refund.decode(answer.body)


def _said(intent: Intent, payment: Payment) -> Report:
    """What an intent says. One that is not this payment's, under its key or id, is no answer to anything."""
    report = report_of(intent)
    if report is None or report.payment_id != payment.id:
        raise GatewayUnavailable(NAME)
    return report


def _ended(payment: Payment, state: PaymentState, failure: str | None) -> Report:
    """Nothing was taken, and nothing can be."""
    return Report(payment_id=payment.id, attempt=payment.attempt, state=state, amount=payment.amount, failure=failure)
