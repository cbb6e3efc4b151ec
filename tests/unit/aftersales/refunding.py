"""Refunds, as tests ask for them."""

from typing import Any

from tests.stories import Bought, Story

from shopcore.kernel.actor import System
from shopcore.kernel.ids import RefundId
from shopcore.kernel.money import Money
from shopcore.ordering.model import Order


async def refund(story: Story, bought: Bought, cents: int | None = None, **terms: Any) -> Order:
    """So much goes back; all that is left when nothing is said."""
    amount = None if cents is None else Money(cents, "USD")
    return await story.staff.orders.refund(order_id=bought.id, amount=amount, **{"reason": "damaged", **terms})


async def carried_out(story: Story, bought: Bought, refund_id: RefundId) -> Order:
    """As its job does it."""
    carry_out = story.shop._cases.upkeep.carry_out_refund
    return await carry_out(System(kind="carry_out_refund"), order_id=bought.id, refund_id=refund_id)
