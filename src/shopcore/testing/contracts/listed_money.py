"""What the contract of a gateway says of the list of what it has moved."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from shopcore.kernel.ids import RefundId
from shopcore.kernel.money import Money
from shopcore.payments.model import Movement, MovementKind
from shopcore.payments.ports import PaymentGateway
from shopcore.testing.contracts.held_money import RemoteParty, a_payment

_EVER = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


@pytest.mark.anyio
class ListedMoneyContract:
    """A part of `GatewayContract`."""

    async def test_it_lists_what_it_moved(self, gateway: PaymentGateway, remote: RemoteParty) -> None:
        """A charge and what went back of it, once each, with the marks of the shop; nothing of what was declined."""
        paid, declined, waiting = (a_payment(method) for method in (remote.ok, remote.declined, remote.action))
        report = await gateway.begin(paid)
        await gateway.begin(declined)
        await gateway.begin(waiting)
        paid = msgspec.structs.replace(paid, reference=report.reference)
        refund_id = RefundId(f"refund-{paid.id}")
        await gateway.refund(paid, refund_id, Money(500, "USD"))
        await gateway.refund(paid, refund_id, Money(500, "USD"))

        listed = await _all(gateway, *_EVER)
        assert {(one.kind, one.amount, one.payment_id, one.charge, one.done) for one in listed} == {
            (MovementKind.CHARGE, Money(1999, "USD"), paid.id, report.reference, True),
            (MovementKind.REFUND, Money(500, "USD"), paid.id, report.reference, True),
        }
        charge, refund = sorted(listed, key=lambda one: one.kind)
        assert (charge.attempt, charge.refund_id, refund.refund_id) == (1, None, refund_id)
        assert len({one.id for one in listed}) == 2

    async def test_it_lists_what_is_of_a_time(self, gateway: PaymentGateway, remote: RemoteParty) -> None:
        """From the first moment on, before the second."""
        await gateway.begin(a_payment(remote.ok))
        listed = await _all(gateway, *_EVER)
        one = listed[0]

        assert listed == [one]
        assert await _all(gateway, one.at, one.at + _SECOND) == [one]
        assert await _all(gateway, _EVER[0], one.at) == []
        assert await _all(gateway, one.at + _SECOND, _EVER[1]) == []

    async def test_it_lists_what_it_moved_for_one_payment(self, gateway: PaymentGateway, remote: RemoteParty) -> None:
        """The same as in the list of all, and nothing of others."""
        paid, other, declined = a_payment(remote.ok), a_payment(remote.ok), a_payment(remote.declined)
        paid, other, declined = [
            msgspec.structs.replace(each, gateway=gateway.name, reference=(await gateway.begin(each)).reference)
            for each in (paid, other, declined)
        ]
        await gateway.refund(paid, RefundId(f"refund-{paid.id}"), Money(500, "USD"))
        listed = [one for one in await _all(gateway, *_EVER) if one.payment_id == paid.id]

        assert sorted(await gateway.movements_of(paid), key=lambda one: one.id) == sorted(
            listed, key=lambda one: one.id
        )
        assert len(listed) == 2
        assert len(await gateway.movements_of(other)) == 1
        assert list(await gateway.movements_of(declined)) == []

    async def test_money_that_is_held_is_listed_when_it_is_taken(
        self, holder: PaymentGateway, remote: RemoteParty
    ) -> None:
        """Not before, and not when it is let go."""
        let_go, kept = a_payment(remote.held), a_payment(remote.held)
        await holder.begin(let_go)
        await holder.begin(kept)
        before = await _all(holder, *_EVER)
        await holder.cancel(let_go)
        await holder.capture(kept)

        assert before == []
        assert [(one.kind, one.payment_id) for one in await _all(holder, *_EVER)] == [(MovementKind.CHARGE, kept.id)]


async def _all(gateway: PaymentGateway, since: datetime, until: datetime) -> list[Movement]:
    return [one async for one in gateway.movements(since, until)]
