"""Bank transfer and cash on delivery: a gateway whose other side are the shop's own staff."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import NoReturn

from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import RefundId
from shopcore.kernel.money import Money
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.payments.errors import BadSignature, PaymentNotFound, UnknownGateway
from shopcore.payments.model import (
    MANUAL,
    HandPayment,
    Movement,
    Payment,
    PaymentState,
    Report,
    gateway_key,
    let_go,
    moved_by_hand,
    opened,
    owed,
    received_by_hand,
    refund_of_hand,
    report_by_hand,
)
from shopcore.payments.ports import HandPayments, RefundReport


class ManualGateway:
    """Asks nobody: it keeps what is waited for in the shop's own store, where staff write down what came.

    Nothing is taken by itself. A transfer waits for its payer; what is paid at the door is promised, as held money is,
    and `capture` says that it came. A refund is owed until staff say that they have given it back.
    """

    name = MANUAL

    def __init__(
        self,
        book: HandPayments,
        unit_of_work: UnitOfWork,
        clock: Clock,
        *,
        methods: Sequence[str],
        details: str,
        patience: timedelta,
    ) -> None:
        self._book = book
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._methods = tuple(methods)
        self._details = details
        self._patience = patience

    def check_method(self, method: str | None) -> None:
        """Raises `UnknownGateway` for a method that the shop does not offer."""
        self._method(method)

    def step(self, currency: str) -> int:  # noqa: ARG002 - the port's
        """Every unit there is."""
        return 1

    async def begin(self, payment: Payment) -> Report:
        """Wait for it, once per key."""
        method, now = self._method(payment.method), self._clock.now()
        new = opened(payment, method, now, now + self._patience)
        return self._report(await self._change(new.key, lambda known: known or new))

    async def look_up(self, payment: Payment) -> Report | None:
        """How the current attempt stands; None if it was never seen."""
        return await self.find(gateway_key(payment.id, payment.attempt))

    async def find(self, reference: str) -> Report | None:
        """That of this key, if there is one."""
        known = await self._book.get(reference)
        return None if known is None else self._report(known)

    async def cancel(self, payment: Payment) -> Report:
        """Wait for it no longer, and burn the key of what was never seen."""
        now = self._clock.now()
        unseen = let_go(opened(payment, payment.method or self._methods[0], now, now))
        known = await self._change(unseen.key, lambda known: unseen if known is None else let_go(known))
        return self._report(known)

    async def capture(self, payment: Payment) -> Report:
        """What was promised came, or a part of it. Raises `PaymentNotFound` for what was never seen."""
        now = self._clock.now()

        def take(known: HandPayment | None) -> HandPayment:
            if known is None:
                raise PaymentNotFound
            held = known.state is PaymentState.AUTHORIZED
            return received_by_hand(known, now, payment.capturing) if held else known

        return self._report(await self._change(gateway_key(payment.id, payment.attempt), take))

    async def refund(self, payment: Payment, refund_id: RefundId, amount: Money) -> RefundReport:
        """Owe it, once per `refund_id` and never more than came; under way until staff have given it back."""
        key, now = payment.reference or gateway_key(payment.id, payment.attempt), self._clock.now()

        async def work() -> HandPayment | None:
            if await self._book.get(key) is None:
                return None
            return await self._book.change(key, partial(_owe, refund_id, amount, now))

        known = await self._unit_of_work(work)
        refund = None if known is None else refund_of_hand(known, refund_id)
        if refund is None:
            return RefundReport(refund_id=refund_id, done=False, failure="more_than_came")
        return RefundReport(refund_id=refund_id, done=None if refund.given_at is None else True, is_by_hand=True)

    async def movements(self, since: datetime, until: datetime) -> AsyncIterator[Movement]:
        """What staff have written down. See the port."""
        for one in await self._book.moved(since, until):
            for movement in moved_by_hand(one):
                if since <= movement.at < until:
                    yield movement

    async def movements_of(self, payment: Payment) -> Sequence[Movement]:
        """What staff have written down of one payment. See the port."""
        keys = [gateway_key(payment.id, number) for number in range(1, payment.attempt + 1)]
        known = [await self._book.get(key) for key in keys]
        return [movement for one in known if one is not None for movement in moved_by_hand(one)]

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> NoReturn:  # noqa: ARG002 - as the port has it
        """Nobody sends any, so whatever comes is forged: raises `BadSignature`."""
        raise BadSignature

    async def _change(self, key: str, change: Callable[[HandPayment | None], HandPayment]) -> HandPayment:
        return await self._unit_of_work(partial(self._book.change, key, change))

    def _method(self, method: str | None) -> str:
        if method is not None and method not in self._methods:
            raise UnknownGateway("payment/method", f"one of {', '.join(self._methods)}")
        return method or self._methods[0]

    def _report(self, one: HandPayment) -> Report:
        return report_by_hand(one, self._details)


def _owe(refund_id: RefundId, amount: Money, at: datetime, known: HandPayment | None) -> HandPayment:
    if known is None:
        raise PaymentNotFound
    return owed(known, refund_id, amount, at)
