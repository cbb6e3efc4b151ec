"""PaymentIntents: made once for each attempt, found again, told to take the money, or to take it no more.

An intent takes its amount at most once, and none before it is confirmed. So an attempt is made in two steps: the intent
under the attempt's key, which is the same for `begin` and `cancel`, then its confirmation. Whichever of the two comes
first decides, at Stripe, and a key that Stripe has forgotten can at worst make an intent that nobody confirms.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog

from shopcore.adapters.stripe.amounts import to_stripe
from shopcore.adapters.stripe.errors import Broken, Refused, TooMany
from shopcore.adapters.stripe.link import NAME, Link, Response, is_replayed
from shopcore.adapters.stripe.objects import GIVEN_UP, Intent, Intents, marks_of
from shopcore.kernel.clock import Clock
from shopcore.kernel.money import Money
from shopcore.payments.errors import CaptureRefused, GatewayUnavailable
from shopcore.payments.model import Payment, begun_between, gateway_key

_REMEMBERED = timedelta(hours=20)  # Stripe forgets a key after 24 hours
_CLOCKS_DIFFER = timedelta(minutes=1)
_ANSWERS_WITHIN = timedelta(minutes=2)  # of any question, tries and queues included
_CLOSE = timedelta(seconds=15)  # where an intent is nearly always
_PAGE = 100
_MOST_PAGES = 200

_intent = msgspec.json.Decoder(Intent)
_intents = msgspec.json.Decoder(Intents)

_log = structlog.get_logger("shop.stripe")


@dataclass(frozen=True, kw_only=True, slots=True)
class StripeIntents:
    """The intents of the shop's payments. Raises `GatewayUnavailable` whenever what was done is not known."""

    link: Link
    clock: Clock
    captures_later: bool

    async def of(self, payment: Payment) -> Intent | None:
        """The intent of the present attempt as it is now, by its id if the shop knows it; None if there is none.

        One that was there and is not is no sign that nothing was taken: the key is of another account.
        """
        if payment.reference is not None:
            return await self._there(payment.reference)
        return await self._find(payment)

    async def seen(self, payment: Payment) -> Intent | None:
        """As `of`; but while Stripe remembers the key, it is looked for only where it should be. Whoever asks under the
        key finds it in any case, and a busy shop makes thousands of intents in a few minutes.
        """
        if payment.reference is not None or not self._is_remembered(payment):
            return await self.of(payment)
        try:
            return await self._listed(payment, *_close_to(payment))
        except TooMany:
            return None

    async def named(self, reference: str) -> Intent | None:
        """The intent with this id as it is now, whosever it is."""
        return await self._get(reference)

    async def made(self, payment: Payment, suffix: str = "") -> Intent | None:
        """The intent of the present attempt, made if there is none; None where Stripe failed to make it, for good.

        Without the payer's wallet where that is gone: somebody has deleted it at Stripe, and they can pay all the same.
        Raises `Refused` where Stripe does not take such an amount, and `NotTakable`.
        """
        if payment.reference is not None or not self._is_remembered(payment):
            known = await self.of(payment)
            if known is not None:
                return known
        asked = self._wanted(payment)
        options: Any = {"idempotency_key": f"{gateway_key(payment.id, payment.attempt)}{suffix}"}
        try:
            answer = await self.link.ask(lambda client: client.v1.payment_intents.create_async(asked, options))
        except Broken:
            return await self._find(payment)
        except Refused as refusal:
            if refusal.is_absent and payment.wallet is not None:
                return await self.made(msgspec.structs.replace(payment, wallet=None), ":without-wallet")
            if not refusal.is_other_request:
                raise
            return await self._found(payment)
        return await self._now(answer)

    async def confirmed(self, intent: Intent, payment: Payment) -> Intent:
        """Told to take the money, with the payment's method. Raises `Refused` where it cannot even try."""
        asked: Any = {"payment_method": payment.method}
        if payment.return_url is not None:
            asked["return_url"] = payment.return_url
        options: Any = {"idempotency_key": f"{intent.key}:confirm"}
        try:
            answer = await self.link.ask(
                lambda client: client.v1.payment_intents.confirm_async(intent.id, asked, options)
            )
        except Broken:
            return await self.cancelled(await self._get_known(intent), reason=GIVEN_UP)
        except Refused:
            after = await self._get_known(intent)
            if after.is_untried:
                raise
            return after
        return await self._now(answer)

    async def cancelled(self, intent: Intent, *, reason: str | None = None) -> Intent:
        """Told to take nothing any more, and as it is then: it may have taken the money already, or be about to.

        Under no key of its own: it is cancelled once however often it is asked, and a key would only keep a breakdown
        of Stripe for a day, in which somebody could still pay.
        """
        if intent.is_over:
            return intent
        asked: Any = {} if reason is None else {"cancellation_reason": reason}
        with suppress(Refused, Broken):
            await self.link.ask(lambda client: client.v1.payment_intents.cancel_async(intent.id, asked))
        after = await self._get_known(intent)
        if after.is_open:
            raise GatewayUnavailable(NAME)
        return after

    async def captured(self, intent: Intent, part: Money | None) -> Intent:
        """Told to take what it holds, or a part of it, and as it is then. Under no key, as it is cancelled.

        Raises `CaptureRefused` where Stripe says that it does not, and `NotTakable`.
        """
        if not intent.is_held:
            return intent
        asked: Any = {} if part is None else {"amount_to_capture": to_stripe(part)}
        refusal = "gateway_error"
        try:
            await self.link.ask(lambda client: client.v1.payment_intents.capture_async(intent.id, asked))
        except Broken:
            if (await self._get_known(intent)).is_held:  # it broke off, and may still be taken
                raise GatewayUnavailable(NAME) from None
        except Refused as refused:
            refusal = refused.code
        after = await self._get_known(intent)
        if after.is_held:
            raise CaptureRefused(NAME, refusal)
        return after

    def _wanted(self, payment: Payment) -> Any:
        """The same for an attempt whoever asks: nothing of it depends on time, or on who began or cancelled it."""
        wallet = payment.wallet if payment.wallet and payment.wallet.gateway == NAME else None
        return {
            "amount": to_stripe(payment.amount),
            "currency": payment.amount.currency.lower(),
            "capture_method": "manual" if self.captures_later else "automatic",
            "automatic_payment_methods": {
                "enabled": True,
                "allow_redirects": "never" if payment.method and payment.return_url is None else "always",
            },
            "metadata": marks_of(payment),
            **({"customer": wallet.reference} if wallet else {}),
            **({"setup_future_usage": "on_session"} if wallet and payment.saves else {}),
        }

    async def _now(self, answer: Response) -> Intent:
        """The intent that an answer shows; as it is now, where the answer is an old one."""
        intent = _intent.decode(answer.body)
        return await self._get_known(intent) if is_replayed(answer) else intent

    async def _get(self, reference: str) -> Intent | None:
        try:
            answer = await self.link.ask(lambda client: client.v1.payment_intents.retrieve_async(reference))
        except Refused as refusal:
            if refusal.is_absent:
                return None
            raise
        return _intent.decode(answer.body)

    async def _get_known(self, intent: Intent) -> Intent:
        return await self._there(intent.id)

    async def _there(self, reference: str) -> Intent:
        found = await self._get(reference)
        if found is None:
            _log.error("stripe_intent_absent", advice="STRIPE_SECRET_KEY is of another account than took the money")
            raise GatewayUnavailable(NAME)
        return found

    async def _found(self, payment: Payment) -> Intent:
        found = await self._find(payment)
        if found is None:
            raise GatewayUnavailable(NAME)
        return found

    def _is_remembered(self, payment: Payment) -> bool:
        """Whether Stripe still answers under the attempt's key as it did at first."""
        return self.clock.now() - begun_between(payment)[0] < _REMEMBERED

    async def _find(self, payment: Payment) -> Intent | None:
        """By its marks, among all that were made while somebody asked for it: lists lag behind nothing, searching does.

        First where it nearly always is, then wherever it can be. Raises `GatewayUnavailable`.
        """
        first, last = begun_between(payment)
        try:
            return await self._listed(payment, *_close_to(payment)) or await self._listed(
                payment, first - _CLOCKS_DIFFER, last + _ANSWERS_WITHIN
            )
        except TooMany:
            raise GatewayUnavailable(NAME) from None

    async def _listed(self, payment: Payment, since: datetime, until: datetime) -> Intent | None:
        asked: Any = {"limit": _PAGE, "created": {"gte": int(since.timestamp()), "lte": int(until.timestamp()) + 1}}
        for _ in range(_MOST_PAGES):
            answer = await self.link.ask(lambda client: client.v1.payment_intents.list_async(asked))
            page = _intents.decode(answer.body)
            mine = [each for each in page.data if each.is_for(payment)]
            if mine:
                return mine[-1]
            if not page.has_more:
                return None
            asked["starting_after"] = page.data[-1].id
        raise TooMany


def _close_to(payment: Payment) -> tuple[datetime, datetime]:
    first, _ = begun_between(payment)
    return first - _CLOSE, first + _CLOSE
