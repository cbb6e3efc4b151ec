"""The contract of `shopcore.payments.ports.PaymentList`."""

from datetime import datetime, timedelta
from functools import partial

import msgspec
import pytest

from shopcore.kernel.ids import PaymentId
from shopcore.kernel.money import Money
from shopcore.payments.model import NextAction, PaymentState, PaymentTotal
from shopcore.payments.ports import PaymentFilter, PaymentList, Payments
from shopcore.testing.contracts.sales_samples import a_payment
from shopcore.testing.contracts.samples import NOON

HOUR = timedelta(hours=1)


def span(
    since: datetime, until: datetime, gateway: str | None = None, state: PaymentState | None = None
) -> PaymentFilter:
    """What is asked for."""
    return PaymentFilter(since=since, until=until, gateway=gateway, state=state)


@pytest.mark.anyio
class PaymentListContract:
    """Override `payment_list` and `payments`, over the same store."""

    @pytest.fixture
    def payment_list(self) -> PaymentList:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def payments(self) -> Payments:
        pytest.fail("override this fixture with the payments that are listed")

    async def test_the_newest_come_first_and_every_page_goes_on(
        self, payment_list: PaymentList, payments: Payments
    ) -> None:
        """By when they were begun, whatever happened to them since; two of one moment are both there."""
        for name, minutes in (("old", -2), ("new", 0), ("twin", 0), ("older", -3)):
            await payments.add(a_payment(name, minutes=minutes))
        await payments.update(
            PaymentId("older"), lambda held: msgspec.structs.replace(held, updated_at=NOON + timedelta(days=1))
        )
        page = partial(payment_list.page, span(NOON - HOUR, NOON + HOUR))
        first = await page(None, 2)
        second = await page(first.next_position, 2)

        assert {each.id for each in first.items} == {"new", "twin"}
        assert [each.id for each in second.items] == ["old", "older"]
        assert second.next_position is None

    async def test_a_span_begins_with_its_first_second_and_ends_before_its_last(
        self, payment_list: PaymentList, payments: Payments
    ) -> None:
        """To the second, with and without a fraction of one."""
        await payments.add(a_payment("before", minutes=-1))
        await payments.add(a_payment("first"))
        fraction = msgspec.structs.replace(a_payment("within"), created_at=NOON + timedelta(microseconds=500_000))
        await payments.add(fraction)
        await payments.add(a_payment("after", minutes=1))
        found = await payment_list.page(span(NOON, NOON + timedelta(minutes=1)), None, 10)
        later = await payment_list.page(span(NOON + timedelta(seconds=1), NOON + HOUR), None, 10)

        assert {each.id for each in found.items} == {"first", "within"}
        assert [each.id for each in later.items] == ["after"]

    async def test_it_is_narrowed_by_gateway_and_state(self, payment_list: PaymentList, payments: Payments) -> None:
        """By each, and by both; the sums are narrowed alike."""
        await payments.add(a_payment("taken", state=PaymentState.SUCCEEDED))
        await payments.add(a_payment("failed", state=PaymentState.FAILED))
        await payments.add(
            msgspec.structs.replace(a_payment("elsewhere", state=PaymentState.SUCCEEDED), gateway="other")
        )
        for gateway, state, names in (
            ("other", None, {"elsewhere"}),
            (None, PaymentState.SUCCEEDED, {"taken", "elsewhere"}),
            ("other", PaymentState.FAILED, set[str]()),
        ):
            wanted = span(NOON - HOUR, NOON + HOUR, gateway, state)
            assert {each.id for each in (await payment_list.page(wanted, None, 10)).items} == names
            assert sum(each.count for each in await payment_list.totals(wanted)) == len(names)

    async def test_sums_are_by_gateway_state_and_currency(self, payment_list: PaymentList, payments: Payments) -> None:
        """Over the whole span, in that order; money of two currencies is not added up."""
        amounts = (("a", "USD", 500), ("b", "USD", 250), ("c", "EUR", 100))
        for name, currency, amount in amounts:
            payment = a_payment(name, state=PaymentState.SUCCEEDED)
            await payments.add(msgspec.structs.replace(payment, amount=Money(amount, currency)))
        await payments.add(a_payment("long ago", minutes=-120, state=PaymentState.SUCCEEDED))
        gateway, state = a_payment("a").gateway, PaymentState.SUCCEEDED

        assert list(await payment_list.totals(span(NOON - HOUR, NOON + HOUR))) == [
            PaymentTotal(gateway=gateway, state=state, count=1, amount=Money(100, "EUR")),
            PaymentTotal(gateway=gateway, state=state, count=2, amount=Money(750, "USD")),
        ]

    async def test_what_only_the_buyer_may_know_is_not_shown(
        self, payment_list: PaymentList, payments: Payments
    ) -> None:
        """Neither what they pay with, nor where they go."""
        action = NextAction(type="redirect", url="https://bank.example/secret")
        secret = msgspec.structs.replace(
            a_payment("mine"),
            client_secret="seti_1",  # noqa: S106 - a word that is looked for
            next_action=action,
            return_url="https://shop.example/?t=1",
        )
        await payments.add(secret)
        (shown,) = (await payment_list.page(span(NOON, NOON + HOUR), None, 10)).items

        assert (shown.client_secret, shown.next_action, shown.return_url) == (None, None, None)
        assert shown.id == secret.id
