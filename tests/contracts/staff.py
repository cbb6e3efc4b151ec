"""The other side of the manual gateway: staff who answer at once, and ones with a mistake."""

from collections.abc import Mapping
from typing import NoReturn

import msgspec
import pytest

from shopcore.adapters.manual.gateway import ManualGateway
from shopcore.kernel.ids import RefundId
from shopcore.kernel.money import Money
from shopcore.payments.model import (
    BANK_TRANSFER,
    CASH_ON_DELIVERY,
    HandPayment,
    Payment,
    PaymentState,
    Report,
    gateway_key,
    given_by_hand,
    not_received,
    received_by_hand,
)
from shopcore.payments.ports import HandPayments, RefundReport
from shopcore.testing.clock import ManualClock


class Staff:
    """What they see in the book, read past the gateway."""

    ok, declined, action, held = "transfer at once", "never paid", BANK_TRANSFER, CASH_ON_DELIVERY

    def __init__(self, book: HandPayments) -> None:
        self.book = book
        self.clock = ManualClock()

    def can_take(self, amount: Money) -> bool:
        """Whatever there is."""
        return True

    async def taken(self, payment: Payment) -> int:
        """What came for it, in minor units."""
        return sum(one.taken.amount for one in await self._attempts(payment) if one.taken)

    async def given_back(self, payment: Payment) -> int:
        """What went back of it."""
        refunds = [refund for one in await self._attempts(payment) for refund in one.refunds]
        return sum(refund.amount.amount for refund in refunds if refund.given_at)

    async def webhook(self, payment: Payment) -> NoReturn:
        """There are none."""
        pytest.fail("staff send no webhooks")

    async def old_webhook(self, payment: Payment) -> tuple[bytes, Mapping[str, str]]:
        """There are none."""
        return await self.webhook(payment)

    async def early_webhook(self, payment: Payment) -> tuple[bytes, Mapping[str, str]]:
        """There are none."""
        return await self.webhook(payment)

    async def _attempts(self, payment: Payment) -> list[HandPayment]:
        found = [await self.book.get(gateway_key(payment.id, number)) for number in (1, 2)]
        return [one for one in found if one is not None]


class Staffed(ManualGateway):
    """The gateway of a shop where somebody looks at the bank account all the time, and gives back what is owed."""

    def check_method(self, method: str | None) -> None:
        super().check_method(_real(method))

    async def begin(self, payment: Payment) -> Report:
        report = await super().begin(msgspec.structs.replace(payment, method=_real(payment.method)))
        if report.state is not PaymentState.REQUIRES_ACTION:
            return report
        now = self._clock.now()

        def answer(known: HandPayment | None) -> HandPayment:
            assert known is not None
            waits = known.state is PaymentState.REQUIRES_ACTION  # or somebody has given up since
            if payment.method == Staff.declined and waits:
                return not_received(known)
            return received_by_hand(known, now) if payment.method == Staff.ok and waits else known

        return self._report(await self._change(gateway_key(payment.id, payment.attempt), answer))

    async def cancel(self, payment: Payment) -> Report:
        return await super().cancel(msgspec.structs.replace(payment, method=_real(payment.method)))

    async def refund(self, payment: Payment, refund_id: RefundId, amount: Money) -> RefundReport:
        report = await super().refund(payment, refund_id, amount)
        if report.done is not None:
            return report
        now, key = self._clock.now(), payment.reference or gateway_key(payment.id, payment.attempt)

        def give(known: HandPayment | None) -> HandPayment:
            assert known is not None
            return given_by_hand(known, refund_id, now)

        await self._change(key, give)
        return await super().refund(payment, refund_id, amount)


def _real(method: str | None) -> str | None:
    return BANK_TRANSFER if method in {Staff.ok, Staff.declined} else method


class TakesPromises(Staffed):
    """Counts what is promised at the door as money that came."""

    async def begin(self, payment: Payment) -> Report:
        report = await super().begin(payment)
        return await self.capture(payment) if report.state is PaymentState.AUTHORIZED else report


class ForgetsKeys(Staffed):
    """Lets a cancelled attempt be begun."""

    async def cancel(self, payment: Payment) -> Report:
        if await self.look_up(payment) is None:
            return Report(
                payment_id=payment.id, attempt=payment.attempt, state=PaymentState.VOIDED, amount=payment.amount
            )
        return await super().cancel(payment)


class OwesPerCall(Staffed):
    """Owes a refund as often as it is asked for it."""

    calls = 0

    async def refund(self, payment: Payment, refund_id: RefundId, amount: Money) -> RefundReport:
        self.calls += 1
        report = await super().refund(payment, RefundId(f"{refund_id}/{self.calls}"), amount)
        return msgspec.structs.replace(report, refund_id=refund_id)
