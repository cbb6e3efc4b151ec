"""What happens to an order while it is being placed: the cart changes, the number is taken."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from msgspec import structs
from tests.stories import PRICE, TEA, Story, refusal

from shopcore.cart.model import Cart
from shopcore.checkout.model import CheckOutCommand, Reply
from shopcore.container.root import build_use_cases
from shopcore.kernel.actor import Guest
from shopcore.kernel.ids import OrderId, Sku
from shopcore.ordering.model import Order, number_of
from shopcore.shop import Shop
from shopcore.shopping.steps import CartPricing
from shopcore.testing.contracts.sales_samples import a_token_hash, an_order

pytestmark = pytest.mark.anyio

LEAF = Sku("LEAF-1")


@dataclass
class Meddling:
    """Somebody changes the cart just after it was quoted, so many times."""

    pricing: CartPricing
    shop: Shop
    guest: Guest
    times: int
    seen: list[int] = field(default_factory=list)

    async def __call__(self, cart: Cart) -> Any:
        """Quote, and meddle."""
        priced = await self.pricing(cart)
        self.seen.append(priced.quote.total.amount)
        if len(self.seen) <= self.times:
            await self.shop.as_(self.guest).cart.add_item(sku=TEA, quantity=1)
        return priced


async def _check_out(story: Story, meddling: Meddling, **command: Any) -> Reply:
    place = story.place
    cases = build_use_cases(place.settings, place.store, place.world, lambda _job, _error: None)
    check_out = replace(cases.checkout.check_out, pricing=meddling)
    return await check_out(meddling.guest, command=CheckOutCommand(**command), key="key")


def _pricing(story: Story) -> CartPricing:
    place = story.place
    return build_use_cases(place.settings, place.store, place.world, lambda _job, _error: None).cart.show.pricing


async def test_a_cart_that_changes_while_it_is_ordered_is_quoted_again(story: Story) -> None:
    """The order holds what the cart held in the end, at its price."""
    await story.sell()
    guest = await story.cart()
    meddling = Meddling(_pricing(story), story.shop, guest, times=2)
    order = story.bought(await _check_out(story, meddling)).first.order

    assert meddling.seen == [2_000, 4_000, 6_000]
    assert (order.lines[0].quantity, order.totals.total) == (3, PRICE * 3)
    assert await story.level() == (5, 3)


async def test_a_buyer_who_named_a_total_does_not_get_more_than_they_saw(story: Story) -> None:
    """The change makes another total of it: asked again rather than charged."""
    await story.sell()
    meddling = Meddling(_pricing(story), story.shop, await story.cart(), times=1)

    assert refusal(await _check_out(story, meddling, expected_total=PRICE))[0] == "price_changed"
    assert await story.level() == (5, 0)


async def test_a_cart_that_never_stands_still_is_given_up(story: Story) -> None:
    """After five tries, with nothing held."""
    await story.sell(on_hand=20)
    meddling = Meddling(_pricing(story), story.shop, await story.cart(), times=100)

    assert refusal(await _check_out(story, meddling))[0] == "version_conflict"
    assert len(meddling.seen) == 5
    assert await story.level() == (20, 0)


@dataclass
class ForetoldIds:
    """Gives the ids that it was given."""

    ids: list[str]
    others: Any

    def new(self) -> str:
        """The next one."""
        usual: str = self.others.new()
        return self.ids.pop(0) if self.ids else usual

    def secret(self) -> str:
        """As usual."""
        secret: str = self.others.secret()
        return secret


async def test_a_number_that_is_taken_is_passed_over(story: Story) -> None:
    """In the middle of the order's transaction, which goes on with the next candidate."""
    await story.sell()
    guest = await story.cart()
    order_id = "018f0000-0000-7000-8000-000000000001"
    taken: Order = structs.replace(an_order("elder"), number=number_of(OrderId(order_id), 0))
    await story.place.store.orders.add(taken, a_token_hash("elder"))
    story.place.world = replace(story.place.world, ids=ForetoldIds([order_id], story.place.world.ids))
    story.reopen()
    bought = story.bought(await story.reply(guest))

    assert bought.id == order_id
    assert bought.first.order.number == number_of(OrderId(order_id), 1)
    assert await story.captured() == [PRICE.amount]
    assert await story.staff.orders.find(number=taken.number.lower().replace("-", "")) == await _by_id(story, "elder")


async def _by_id(story: Story, order_id: str) -> Order:
    return await story.place.store.orders.get(OrderId(order_id))
