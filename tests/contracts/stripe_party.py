"""Stripe's other side, and gateways to it with a mistake."""

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import count
from typing import Any

import msgspec

from shopcore.adapters.local.chance import LocalChance
from shopcore.adapters.stripe.gateway import StripeGateway
from shopcore.adapters.stripe.link import Link, connected
from shopcore.adapters.stripe.objects import Intent
from shopcore.kernel.breaker import Breaker
from shopcore.kernel.ids import RefundId
from shopcore.kernel.money import Money, exponent
from shopcore.payments.errors import BadSignature
from shopcore.payments.model import Movement, Payment, PaymentState, Report
from shopcore.payments.ports import GatewayEvent, RefundReport
from shopcore.testing.clock import ManualClock
from shopcore.testing.stripe_double import Fault, StripeDouble, stripe_double
from shopcore.testing.stripe_double.amounts import check_amount, in_stripes_units, in_whole_units
from shopcore.testing.stripe_double.errors import Refusal
from shopcore.testing.stripe_double.webhooks import sign

replace = msgspec.structs.replace
SECRETS = ("whsec_the_new_one", "whsec_the_old_one")


@dataclass
class StripeParty:
    """The double, looked at past the gateway."""

    double: StripeDouble
    link: Link
    clock: ManualClock
    ok: str = "pm_card_visa"
    declined: str = "pm_card_visa_chargeDeclined"
    action: str = "pm_card_authenticationRequired"
    held: str = "pm_card_visa"
    captures_later: bool = False
    secrets: tuple[str, ...] = field(default=SECRETS)

    def rested(self) -> None:
        """Stripe has not been asked for a while: nobody remembers that it was down."""
        self.link = Link(self.link._client, LocalChance(), deadline=20.0, calls_per_second=10_000)

    def breaks_off_at_first(self, fault: Fault) -> None:
        """Each first answer breaks off. So many at once are an outage to a breaker, which is not what is looked at."""
        self.double.faults.at_first(fault)
        self.link._breaker = Breaker(time.monotonic, threshold=1_000)

    def gateway(self, kind: type[StripeGateway] = StripeGateway) -> StripeGateway:
        """A gateway to this Stripe."""
        return kind(self.link, self.clock, webhook_secrets=self.secrets, captures_later=self.captures_later)

    def can_take(self, amount: Money) -> bool:
        """As Stripe documents it, by the double's own tables."""
        currency = amount.currency.lower()
        units = in_stripes_units(Fraction(amount.amount, 10 ** exponent(amount.currency)), currency)
        try:
            check_amount(int(units), currency)
        except Refusal:
            return False
        return units.denominator == 1

    def intents(self, payment: Payment) -> list[dict[str, Any]]:
        """Those of a payment, in whatever attempt."""
        every = self.double.account.intents.values()
        return [each for each in every if each["metadata"].get("shop_payment") == payment.id]

    def charges(self, payment: Payment) -> list[dict[str, Any]]:
        """What was charged for a payment, in whatever attempt."""
        mine = {intent["id"] for intent in self.intents(payment)}
        every = self.double.account.charges.values()
        return [each for each in every if each["payment_intent"] in mine and each["status"] == "succeeded"]

    async def taken(self, payment: Payment) -> int:
        """What was taken or is held for it, in the shop's minor units."""
        return self._ours(sum(each["amount_captured"] for each in self.charges(payment)), payment)

    async def given_back(self, payment: Payment) -> int:
        """What was refunded of it."""
        return self._ours(sum(each["amount_refunded"] for each in self.charges(payment)), payment)

    def _ours(self, units: int, payment: Payment) -> int:
        """An amount of Stripe's in the shop's minor units, with nothing of the adapter."""
        minor = in_whole_units(units, payment.amount.currency.lower()) * 10 ** exponent(payment.amount.currency)
        assert minor.denominator == 1, f"{units} {payment.amount.currency} of Stripe's is nothing that the shop has"
        return int(minor)

    async def webhook(self, payment: Payment) -> tuple[bytes, Mapping[str, str]]:
        """The last thing that Stripe says of an intent of the payment."""
        mine = {intent["id"] for intent in self.intents(payment)}
        events = self.double.account.events.values()
        event = [each for each in events if each["data"]["object"]["id"] in mine][-1]
        body, _ = self.double.webhooks.signed(event)
        return body, sign(body, self.clock.now(), self.secrets[-1])

    async def old_webhook(self, payment: Payment) -> tuple[bytes, Mapping[str, str]]:
        """The same, an hour ago."""
        body, _ = await self.webhook(payment)
        return body, sign(body, self.clock.now() - timedelta(hours=1), self.secrets[-1])

    async def early_webhook(self, payment: Payment) -> tuple[bytes, Mapping[str, str]]:
        """The same, in an hour."""
        body, _ = await self.webhook(payment)
        return body, sign(body, self.clock.now() + timedelta(hours=1), self.secrets[-1])


@asynccontextmanager
async def a_stripe(*, captures_later: bool = False, deadline: float = 20.0) -> AsyncIterator[StripeParty]:
    """A double, and a way to it."""
    clock = ManualClock()
    async with AsyncExitStack() as open_until:
        double = await open_until.enter_async_context(stripe_double(clock.now))
        way = connected(
            double.secret_key, LocalChance(), api_base=double.url, deadline=deadline, calls_per_second=10_000
        )
        link = await open_until.enter_async_context(way)
        yield StripeParty(double, link, clock, captures_later=captures_later)


class KeysPerCall(StripeGateway):
    """Each call is an attempt of its own, as with a key that is made of the time."""

    calls = count(100)

    async def begin(self, payment: Payment) -> Report:
        numbered = replace(payment, attempt=next(self.calls))
        return replace(await super().begin(numbered), attempt=payment.attempt)


class CountsByIso(StripeGateway):
    """Has krónur in ones where Stripe has them in hundredths: a hundredth is taken, and nobody is told."""

    async def begin(self, payment: Payment) -> Report:
        asked = replace(payment, amount=Money(payment.amount.amount // 100, payment.amount.currency))
        return replace(await super().begin(asked), amount=payment.amount)


class VoidsInWords(StripeGateway):
    """Says that an attempt that it does not find is void, and leaves its key as it was."""

    async def cancel(self, payment: Payment) -> Report:
        if await self.look_up(payment) is None:
            return Report(payment_id=payment.id, attempt=1, state=PaymentState.VOIDED, amount=payment.amount)
        return await super().cancel(payment)


class TrustsKeysWithRefunds(StripeGateway):
    """Does not look whether a refund was given already."""

    async def _refund_of(self, intent: Intent, refund_id: RefundId) -> None:
        return None


class RefundsUnderNewKeys(TrustsKeysWithRefunds):
    """And makes a key for each call."""

    calls = count()

    async def refund(self, payment: Payment, refund_id: RefundId, amount: Money) -> RefundReport:
        report = await super().refund(payment, RefundId(f"{refund_id}-{next(self.calls)}"), amount)
        return replace(report, refund_id=refund_id)


class ListsTheFirstPage(StripeGateway):
    """Does not ask whether there is more: of some, the newest only."""

    async def movements(self, since: datetime, until: datetime) -> AsyncIterator[Movement]:
        async for one in super().movements(since, until):
            yield one
            return


class KnowsNoRefunds(StripeGateway):
    """Of one payment it tells what came in."""

    async def movements_of(self, payment: Payment) -> Sequence[Movement]:
        return [one for one in await super().movements_of(payment) if one.signed > 0]


class BelievesStripe(StripeGateway):
    """Reads a webhook without a look at its signature."""

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> GatewayEvent:
        return super().read_webhook(body, sign(body, self._clock.now(), SECRETS[0]))


class NeverForgets(StripeGateway):
    """Takes a webhook of whatever age."""

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> GatewayEvent:
        then = ManualClock(self._clock.now() - timedelta(hours=1))
        return StripeGateway(self._link, then, webhook_secrets=self._secrets).read_webhook(body, headers)


class BelievesTheFuture(StripeGateway):
    """Refuses what is old, and takes what is signed with a time to come."""

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> GatewayEvent:
        try:
            return super().read_webhook(body, headers)
        except BadSignature:
            then = ManualClock(self._clock.now() + timedelta(hours=1))
            return StripeGateway(self._link, then, webhook_secrets=self._secrets).read_webhook(body, headers)


class TakesTheWhole(StripeGateway):
    """Captures everything that is held, whatever was asked for."""

    async def capture(self, payment: Payment) -> Report:
        return await super().capture(replace(payment, capturing=None))


class SaysThatItIsLetGo(StripeGateway):
    """Answers a cancellation, and leaves the money where it is held."""

    async def cancel(self, payment: Payment) -> Report:
        report = await self.look_up(payment)
        return replace(report, state=PaymentState.VOIDED) if report else await super().cancel(payment)


class LooksAtThePayment(StripeGateway):
    """Looks up whatever was done for the payment, in whichever attempt."""

    async def look_up(self, payment: Payment) -> Report | None:
        for attempt in range(1, 10):
            found = await super().look_up(replace(payment, attempt=attempt))
            if found is not None:
                return found
        return None


class RefundsTheLatestAttempt(StripeGateway):
    """Takes the present attempt for the one that has paid."""

    async def refund(self, payment: Payment, refund_id: RefundId, amount: Money) -> RefundReport:
        return await super().refund(replace(payment, reference=None), refund_id, amount)


class ChecksNoBody(StripeGateway):
    """Looks at the signature, and not at what was signed."""

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> GatewayEvent:
        mine = any(name.lower() == "stripe-signature" for name in headers)
        return super().read_webhook(body, sign(body, self._clock.now(), SECRETS[0]) if mine else headers)
