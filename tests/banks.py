"""Banks that behave in ways the bogus one does not: each stands between a shop and it."""

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from shopcore.adapters.bogus import entries
from shopcore.adapters.bogus.accounts import notice_of
from shopcore.adapters.bogus.gateway import BogusGateway
from shopcore.kernel.ids import RefundId
from shopcore.kernel.money import Money
from shopcore.payments.errors import CaptureRefused, GatewayUnavailable
from shopcore.payments.model import Movement, Payment, PaymentState, Report, gateway_key
from shopcore.payments.ports import GatewayEvent, PaymentGateway, RefundReport


@dataclass
class Between:
    """Passes everything on."""

    inner: PaymentGateway

    @property
    def name(self) -> str:
        return self.inner.name

    def check_method(self, method: str | None) -> None:
        self.inner.check_method(method)

    def step(self, currency: str) -> int:
        return self.inner.step(currency)

    async def begin(self, payment: Payment) -> Report:
        return await self.inner.begin(payment)

    async def look_up(self, payment: Payment) -> Report | None:
        return await self.inner.look_up(payment)

    async def find(self, reference: str) -> Report | None:
        return await self.inner.find(reference)

    async def cancel(self, payment: Payment) -> Report:
        return await self.inner.cancel(payment)

    async def capture(self, payment: Payment) -> Report:
        return await self.inner.capture(payment)

    async def refund(self, payment: Payment, refund_id: RefundId, amount: Money) -> RefundReport:
        return await self.inner.refund(payment, refund_id, amount)

    def movements(self, since: datetime, until: datetime) -> AsyncIterator[Movement]:
        return self.inner.movements(since, until)

    async def movements_of(self, payment: Payment) -> Sequence[Movement]:
        return await self.inner.movements_of(payment)

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> GatewayEvent:
        return self.inner.read_webhook(body, headers)


@dataclass
class Bank(Between):
    """Remembers what it was asked."""

    asked: list[str] = field(default_factory=list)

    async def begin(self, payment: Payment) -> Report:
        self.asked.append(f"begin {payment.attempt}")
        return await Between.begin(self, payment)

    async def look_up(self, payment: Payment) -> Report | None:
        self.asked.append(f"look up {payment.attempt}")
        return await Between.look_up(self, payment)

    async def cancel(self, payment: Payment) -> Report:
        self.asked.append(f"cancel {payment.attempt}")
        return await Between.cancel(self, payment)

    async def capture(self, payment: Payment) -> Report:
        self.asked.append(f"capture {payment.attempt}")
        return await Between.capture(self, payment)

    async def refund(self, payment: Payment, refund_id: RefundId, amount: Money) -> RefundReport:
        self.asked.append(f"refund {payment.attempt}")
        return await Between.refund(self, payment, refund_id, amount)


@dataclass
class Tens(Bank):
    """Has no amounts but multiples of ten."""

    def step(self, currency: str) -> int:
        return 10


@dataclass
class DeadLine(Bank):
    """While `down`, nothing reaches the bank: it never hears of what it was asked for."""

    down: bool = True

    def _must_be_up(self) -> None:
        if self.down:
            raise GatewayUnavailable(self.name)

    async def begin(self, payment: Payment) -> Report:
        self._must_be_up()
        return await Bank.begin(self, payment)

    async def look_up(self, payment: Payment) -> Report | None:
        self._must_be_up()
        return await Bank.look_up(self, payment)

    async def cancel(self, payment: Payment) -> Report:
        self._must_be_up()
        return await Bank.cancel(self, payment)

    async def capture(self, payment: Payment) -> Report:
        self._must_be_up()
        return await Bank.capture(self, payment)

    async def refund(self, payment: Payment, refund_id: RefundId, amount: Money) -> RefundReport:
        self._must_be_up()
        return await Bank.refund(self, payment, refund_id, amount)


@dataclass
class Unstoppable(Bank):
    """What it has begun to process, it cannot stop any more."""

    async def cancel(self, payment: Payment) -> Report:
        known = await self.inner.look_up(payment)
        if known is not None and known.state is PaymentState.PROCESSING:
            return known
        return await Bank.cancel(self, payment)


@dataclass
class Grudging(Bank):
    """Refuses to give money back."""

    async def refund(self, payment: Payment, refund_id: RefundId, amount: Money) -> RefundReport:
        return RefundReport(refund_id=refund_id, done=False, failure="the card was closed")


@dataclass
class Fussy(Bank):
    """Takes all that it holds, or nothing."""

    async def capture(self, payment: Payment) -> Report:
        if payment.capturing not in {None, payment.amount}:
            raise CaptureRefused(self.name, "amount_not_supported")
        return await Bank.capture(self, payment)


@dataclass
class Meddled(Bank):
    """Somebody else acts while the shop waits for an answer: before it asks to stop, or after the bank has stopped."""

    before_cancel: Callable[[], Awaitable[object]] | None = None
    after_cancel: Callable[[], Awaitable[object]] | None = None

    async def cancel(self, payment: Payment) -> Report:
        act, self.before_cancel = self.before_cancel, None
        if act is not None:
            await act()
        report = await Bank.cancel(self, payment)
        act, self.after_cancel = self.after_cancel, None
        if act is not None:
            await act()
        return report


async def takes_after_all(
    bank: BogusGateway, payment: Payment, attempt: int, *, says_so: bool = True, amount: Money | None = None
) -> None:
    """The bank takes the money of an attempt that it had called failed or void, as when a page was still open: all of
    it, unless another amount is named.
    """
    now, event_id, key = bank._clock.now(), bank._ids.new(), gateway_key(payment.id, attempt)

    def act(connection: sqlite3.Connection) -> None:
        charge = entries.by_key(connection, key)
        assert charge is not None
        if amount is not None:
            charge = msgspec.structs.replace(charge, amount=amount)
            connection.execute(entries._SET_AMOUNT, (amount.amount, key))
        taken = entries.move(connection, charge, PaymentState.SUCCEEDED, None)
        if says_so:
            entries.say(connection, key, [(now, notice_of(event_id, taken, PaymentState.SUCCEEDED, "http://bank"))])

    await bank._books.write(act)
