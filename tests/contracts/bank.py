"""The bogus gateway's other side, and gateways with a mistake."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from shopcore.adapters.bogus import entries
from shopcore.adapters.bogus.accounts import Charge, notice_of
from shopcore.adapters.bogus.books import MEMORY, Books
from shopcore.adapters.bogus.gateway import BogusGateway
from shopcore.adapters.bogus.webhooks import sign
from shopcore.adapters.local.ids import LocalIds
from shopcore.kernel.ids import RefundId
from shopcore.kernel.money import Money
from shopcore.payments.model import Movement, MovementKind, Payment, PaymentState, Report, gateway_key
from shopcore.payments.ports import GatewayEvent, RefundReport
from shopcore.testing.clock import ManualClock

SECRET = b"what the bank and the shop know"
APP_URL = "https://shop.example.org"


class Bank:
    """The books, read past the gateway; the clock is the bank's own."""

    ok, declined, action, held = "ok", "declined", "requires_action", "authorized"

    def __init__(self, path: Path | str) -> None:
        self.books = Books(str(path))
        self.clock = ManualClock()

    def gateway(self, kind: type[BogusGateway] = BogusGateway) -> BogusGateway:
        """A gateway to this bank."""
        return kind(self.books, self.clock, LocalIds(), secret=SECRET, app_url=APP_URL)

    def can_take(self, amount: Money) -> bool:
        """Whatever there is."""
        return True

    async def charges(self, payment: Payment) -> list[Charge]:
        """Every charge of a payment, in whatever attempt."""
        return [charge for charge in await self.books.read(entries.every) if charge.payment_id == payment.id]

    async def taken(self, payment: Payment) -> int:
        """What was taken for it, in minor units."""
        charges = await self.charges(payment)
        return sum(charge.amount.amount for charge in charges if charge.state is PaymentState.SUCCEEDED)

    async def given_back(self, payment: Payment) -> int:
        """What was refunded of it."""
        return sum(charge.refunded for charge in await self.charges(payment))

    async def webhook(self, payment: Payment) -> tuple[bytes, Mapping[str, str]]:
        """What the bank would send now."""
        (charge,) = await self.charges(payment)
        body = msgspec.json.encode(notice_of("event-1", charge, charge.state, APP_URL))
        return body, sign(SECRET, body, self.clock.now())

    async def old_webhook(self, payment: Payment) -> tuple[bytes, Mapping[str, str]]:
        """What it would have sent an hour ago."""
        body, _ = await self.webhook(payment)
        return body, sign(SECRET, body, self.clock.now() - timedelta(hours=1))

    async def early_webhook(self, payment: Payment) -> tuple[bytes, Mapping[str, str]]:
        """What it would send in an hour."""
        body, _ = await self.webhook(payment)
        return body, sign(SECRET, body, self.clock.now() + timedelta(hours=1))


@asynccontextmanager
async def a_bank(path: Path | str = MEMORY) -> AsyncIterator[Bank]:
    """Open one, with its books in memory unless told otherwise."""
    bank = Bank(path)
    try:
        yield bank
    finally:
        await bank.books.close()


class ChargesPerCall(BogusGateway):
    """Each call is a charge of its own, as with a provider that is given no key."""

    calls = 0

    async def begin(self, payment: Payment) -> Report:
        self.calls += 1
        return await super().begin(msgspec.structs.replace(payment, attempt=100 * self.calls))


class LooksBeforeItCharges(BogusGateway):
    """Looks the key up, and charges if it finds nothing: two at once both find nothing."""

    async def begin(self, payment: Payment) -> Report:
        known = await self.look_up(payment)
        if known is not None:
            return known
        charge = self._new_charge(payment, self._plan(payment.method))
        charge = msgspec.structs.replace(charge, key=f"{gateway_key(payment.id, payment.attempt)}:{charge.id}")
        await self._books.write(lambda connection: entries.add(connection, charge, ()))
        return self._report(charge)


class ForgetsCancellations(BogusGateway):
    """Says that an attempt it never saw is void, and takes its money afterwards."""

    async def cancel(self, payment: Payment) -> Report:
        if await self.look_up(payment) is None:
            return Report(
                payment_id=payment.id, attempt=payment.attempt, state=PaymentState.VOIDED, amount=payment.amount
            )
        return await super().cancel(payment)


class FindsWhatItSawLast(BogusGateway):
    """Answers with the latest attempt, whatever it is asked for."""

    async def find(self, reference: str) -> Report | None:
        charges = await self._books.read(entries.every)
        return self._report(charges[-1]) if charges else None


class HidesRefunds(BogusGateway):
    """Lists what came in, whenever that was."""

    async def movements(self, since: datetime, until: datetime) -> AsyncIterator[Movement]:
        async for one in super().movements(datetime(2000, 1, 1, tzinfo=UTC), until):
            if one.kind is MovementKind.CHARGE:
                yield one


class ListsWhatIsOfAnybody(BogusGateway):
    """Asked about one payment, it tells of all."""

    async def movements_of(self, payment: Payment) -> Sequence[Movement]:
        return [one async for one in self.movements(datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))]


class RefundsPerCall(BogusGateway):
    """Gives money back as often as it is asked."""

    calls = 0

    async def refund(self, payment: Payment, refund_id: RefundId, amount: Money) -> RefundReport:
        self.calls += 1
        report = await super().refund(payment, RefundId(f"{refund_id}/{self.calls}"), amount)
        return msgspec.structs.replace(report, refund_id=refund_id)


class BelievesEverybody(BogusGateway):
    """Reads a webhook without a look at its signature."""

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> GatewayEvent:
        return super().read_webhook(body, sign(self._secret, body, self._clock.now()))


class BelievesForEver(BogusGateway):
    """Checks the signature, and not its age."""

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> GatewayEvent:
        fresh = ManualClock(self._clock.now() - timedelta(hours=1))
        return BogusGateway(self._books, fresh, self._ids, secret=self._secret, app_url="").read_webhook(body, headers)
