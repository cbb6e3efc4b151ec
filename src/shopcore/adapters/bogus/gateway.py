"""A payment gateway for trying out: it behaves well and badly on request, and moves no money."""

import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from shopcore.adapters.bogus import entries
from shopcore.adapters.bogus.accounts import Charge, ChargeLine, Notice, line_of, notice_of, report_of, settled
from shopcore.adapters.bogus.books import Books
from shopcore.adapters.bogus.methods import Delays, Plan, plans
from shopcore.adapters.bogus.webhooks import verify
from shopcore.kernel.clock import Clock
from shopcore.kernel.errors import InvalidInput
from shopcore.kernel.ids import Ids, RefundId
from shopcore.kernel.money import Money
from shopcore.payments.errors import GatewayClosed, GatewayUnavailable, PaymentNotFound, UnknownGateway
from shopcore.payments.model import Movement, Payment, PaymentState, Report, gateway_key
from shopcore.payments.ports import GatewayEvent, RefundReport

_USUAL_DELAYS = Delays()


class BogusGateway:
    """A pretend bank. Money is taken when its books say so, whether or not the answer arrives."""

    def __init__(
        self,
        books: Books,
        clock: Clock,
        ids: Ids,
        *,
        secret: bytes,
        app_url: str,
        delays: Delays = _USUAL_DELAYS,
        name: str = "bogus",
    ) -> None:
        self._name = name
        self._books = books
        self._clock = clock
        self._ids = ids
        self._secret = secret
        self._app_url = app_url.rstrip("/")
        self._plans = plans(delays, is_second=name != "bogus")

    @property
    def name(self) -> str:
        """Its name in settings, orders and webhooks."""
        return self._name

    def check_method(self, method: str | None) -> None:
        """Raises `UnknownGateway` for a method that it has not."""
        self._plan(method)

    def step(self, currency: str) -> int:  # noqa: ARG002 - the port's
        """Every unit there is."""
        return 1

    async def begin(self, payment: Payment) -> Report:
        """Take the money, then answer as the method says. Raises `UnknownGateway` before anything is taken."""
        plan = self._plan(payment.method)
        if plan.is_closed:
            raise GatewayClosed(self.name)
        charge = self._new_charge(payment, plan)
        news = self._news(charge, plan)
        charge, first = await self._books.write(lambda connection: entries.add(connection, charge, news))
        if first:
            await self._answer_as(plan)
        return self._report(charge)

    async def look_up(self, payment: Payment) -> Report | None:
        """What became of the current attempt; None if it was never seen."""
        key = gateway_key(payment.id, payment.attempt)
        charge = await self._books.read(lambda connection: entries.by_key(connection, key))
        return None if charge is None else self._report(charge)

    async def find(self, reference: str) -> Report | None:
        """The charge with this id, if there is one."""
        charge = await self._books.read(lambda connection: entries.by_id(connection, reference))
        return None if charge is None else self._report(charge)

    async def cancel(self, payment: Payment) -> Report:
        """Void what is still open, and burn the key of what was never seen."""
        now = self._clock.now()
        tombstone = msgspec.structs.replace(self._new_charge(payment, Plan(state=PaymentState.VOIDED)), seen=False)
        charge = await self._books.write(lambda connection: entries.void(connection, tombstone, now))
        return self._report(charge)

    async def capture(self, payment: Payment) -> Report:
        """Take what is held, or a part of it. Raises `PaymentNotFound` for what was never seen."""
        key, now = gateway_key(payment.id, payment.attempt), self._clock.now()
        charge = await self._books.write(lambda connection: entries.capture(connection, key, payment.capturing, now))
        if charge is None:
            raise PaymentNotFound
        return self._report(charge)

    async def refund(self, payment: Payment, refund_id: RefundId, amount: Money) -> RefundReport:
        """Give money back once per `refund_id`, never more than was taken in all, and only in its own currency."""
        now = self._clock.now()

        def give_back(connection: sqlite3.Connection) -> RefundReport:
            charge = self._charge_of(connection, payment)
            if charge is not None and charge.amount.currency != amount.currency:
                charge = None
            return entries.refund(connection, charge, refund_id, amount.amount, now)

        return await self._books.write(give_back)

    async def movements(self, since: datetime, until: datetime) -> AsyncIterator[Movement]:
        """What the books say was taken and given back. See the port."""
        now = self._clock.now()
        for movement in await self._books.read(lambda connection: entries.movements(connection, now)):
            if since <= movement.at < until:
                yield movement

    async def movements_of(self, payment: Payment) -> Sequence[Movement]:
        """Those of one payment. See the port."""
        now = self._clock.now()
        listed = await self._books.read(lambda connection: entries.movements(connection, now))
        return [movement for movement in listed if movement.payment_id == payment.id]

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> GatewayEvent:
        """Check the signature, then decode. Raises `BadSignature`, or `InvalidInput` for a body that is no notice."""
        verify(self._secret, body, headers, self._clock.now())
        try:
            notice = msgspec.json.decode(body, type=Notice)
        except msgspec.DecodeError:
            raise InvalidInput.of("body", "invalid_webhook", "must be a notice of the bogus gateway") from None
        return GatewayEvent(gateway=self.name, event_id=notice.id, type=notice.type, report=notice.report)

    async def charge(self, charge_id: str) -> Charge:
        """A charge as it stands, for the page on which the customer acts. Raises `PaymentNotFound`."""
        charge = await self._books.read(lambda connection: entries.by_id(connection, charge_id))
        if charge is None:
            raise PaymentNotFound
        return settled(charge, self._clock.now())

    async def approve(self, charge_id: str) -> Charge:
        """The customer says yes: the money is taken, and a webhook says so. Done already: nothing changes."""
        return await self._act(charge_id, PaymentState.SUCCEEDED, None)

    async def refuse(self, charge_id: str) -> Charge:
        """The customer says no: the attempt fails, and a webhook says so. Done already: nothing changes."""
        return await self._act(charge_id, PaymentState.FAILED, "refused_by_customer")

    async def charges(self) -> Sequence[ChargeLine]:
        """The books, oldest first."""
        now = self._clock.now()
        return [line_of(settled(charge, now)) for charge in await self._books.read(entries.every)]

    async def _act(self, charge_id: str, state: PaymentState, failure: str | None) -> Charge:
        event_id, now = self._ids.new(), self._clock.now()

        def act(connection: sqlite3.Connection) -> Charge:
            charge = entries.by_id(connection, charge_id)
            if charge is None:
                raise PaymentNotFound
            if charge.state is not PaymentState.REQUIRES_ACTION:
                return settled(charge, now)
            if state is PaymentState.SUCCEEDED:
                charge = msgspec.structs.replace(charge, taken_at=now)
            moved = entries.move(connection, charge, state, failure)
            entries.say(connection, charge.key, [(now, notice_of(event_id, moved, state, self._app_url))])
            return moved

        return await self._books.write(act)

    async def _answer_as(self, plan: Plan) -> None:
        if plan.answers_after:
            await self._clock.sleep(plan.answers_after)
        if not plan.answers:
            raise GatewayUnavailable(self.name)

    def _plan(self, method: str | None) -> Plan:
        plan = self._plans.get(next(iter(self._plans)) if method is None else method)
        if plan is None:
            raise UnknownGateway("payment/method", f"one of {', '.join(self._plans)}")
        return plan

    def _charge_of(self, connection: sqlite3.Connection, payment: Payment) -> Charge | None:
        """The charge that took the money: an earlier attempt's, if that is the one the payment refers to."""
        if payment.reference is not None:
            return entries.by_id(connection, payment.reference)
        return entries.by_key(connection, gateway_key(payment.id, payment.attempt))

    def _new_charge(self, payment: Payment, plan: Plan) -> Charge:
        now = self._clock.now()
        return Charge(
            key=gateway_key(payment.id, payment.attempt),
            id=self._ids.new(),
            payment_id=payment.id,
            attempt=payment.attempt,
            order_id=payment.order_id,
            amount=payment.amount,
            state=plan.state,
            at=now,
            settles_at=None if plan.settles_after is None else now + timedelta(seconds=plan.settles_after),
            failure=plan.failure,
        )

    def _news(self, charge: Charge, plan: Plan) -> entries.News:
        """One event per state, so that a webhook sent twice has the same id both times."""
        event_ids = {state: self._ids.new() for _, state in plan.webhooks}
        return [
            (_after(charge.at, seconds), notice_of(event_ids[state], charge, state, self._app_url))
            for seconds, state in plan.webhooks
        ]

    def _report(self, charge: Charge) -> Report:
        return report_of(settled(charge, self._clock.now()), self._app_url)


def _after(at: datetime, seconds: float) -> datetime:
    return at + timedelta(seconds=seconds)
