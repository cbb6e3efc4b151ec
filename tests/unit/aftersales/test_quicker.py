"""Two act on the same money at one moment: one of them does it, and only that one is told so."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest
from tests.banks import Bank
from tests.stories import PRICE, Bought, Story

from shopcore.kernel.money import Money
from shopcore.payments.errors import NothingHeld
from shopcore.payments.model import Payment, Report

pytestmark = pytest.mark.anyio

PART = Money(1_200, "USD")


@dataclass
class Slow(Bank):
    """Before it does what it is asked for first, somebody else has asked for something."""

    meanwhile: Callable[[], Awaitable[object]] | None = None

    async def _others_first(self) -> None:
        act, self.meanwhile = self.meanwhile, None
        if act is not None:
            await act()

    async def cancel(self, payment: Payment) -> Report:
        await self._others_first()
        return await Bank.cancel(self, payment)

    async def capture(self, payment: Payment) -> Report:
        await self._others_first()
        return await Bank.capture(self, payment)


async def held(story: Story) -> tuple[Bought, Slow]:
    """What a bank holds that is in no hurry."""
    await story.sell()
    bought = await story.buy("authorized")
    bank = Slow(story.place.bank.gateway)
    story.with_gateway(bank)
    return bought, bank


async def acts_of(story: Story) -> list[str]:
    """What the audit log has of it."""
    return [entry.action for entry in (await story.staff.audit.list()).items if entry.action.startswith("payment.")]


@pytest.mark.parametrize("amount", [PRICE, PART], ids=str)
async def test_whoever_lets_go_of_what_is_being_taken_is_told_that_it_was_taken(story: Story, amount: Money) -> None:
    bought, bank = await held(story)
    bank.meanwhile = lambda: story.staff.payments.capture(order_id=bought.id, amount=amount)
    with pytest.raises(NothingHeld, match="succeeded"):
        await story.staff.payments.void(order_id=bought.id)

    assert await bought.stands() == ("processing", "paid", "succeeded")
    assert (await story.captured(), await acts_of(story)) == ([amount.amount], ["payment.capture"])


async def test_whoever_takes_what_is_being_let_go_is_told_that_it_is_gone(story: Story) -> None:
    bought, bank = await held(story)
    bank.meanwhile = lambda: story.staff.payments.void(order_id=bought.id)
    with pytest.raises(NothingHeld, match="voided"):
        await story.staff.payments.capture(order_id=bought.id)

    assert await bought.stands() == ("pending", "unpaid", "voided")
    assert (await story.captured(), await acts_of(story)) == ([], ["payment.void"])


async def test_whoever_takes_money_for_an_order_that_its_buyer_is_cancelling_is_told_so(story: Story) -> None:
    bought, bank = await held(story)
    bank.meanwhile = bought.cancel
    with pytest.raises(NothingHeld, match="voided"):
        await story.staff.payments.capture(order_id=bought.id)
    await story.settles()

    assert (await bought.stands())[::2] == ("cancelled", "voided")
    assert (await story.captured(), await acts_of(story)) == ([], [])
