"""What a cart still needs, where it goes and in which currency; and what it says of things that are not on sale."""

import pytest
from tests.stories import CUP, HOME, PRICE, TEA, Story

from shopcore.kernel.address import Address
from shopcore.kernel.errors import InvalidInput
from shopcore.pricing.errors import NotSoldInCurrency, ShippingMethodNotFound
from shopcore.shopping.model import CartChanges

pytestmark = pytest.mark.anyio


async def test_a_cart_says_everything_that_it_still_needs(story: Story) -> None:
    """All at once, and less with each thing said."""
    await story.sell()
    guest = await story.cart(changes=None)
    acts = story.as_(guest).cart

    async def missing() -> list[str]:
        return [problem.field for problem in (await acts.show()).missing]

    assert await missing() == ["email", "shipping_address", "billing_address", "shipping_method"]
    await acts.update(changes=CartChanges(email="ann@example.com", shipping_method="standard"))
    assert await missing() == ["shipping_address", "billing_address"]
    await acts.update(changes=CartChanges(shipping_address=HOME))
    assert await missing() == []


async def test_everything_wrong_with_a_change_is_named_at_once_and_none_of_it_is_kept(story: Story) -> None:
    """The currency, the address of the mail and both of the post."""
    await story.sell()
    guest = await story.cart(changes=None)
    nowhere = Address(name="", line1="1 Road", city="Town", country="XX")
    changes = CartChanges(currency="EURO", email="ann", shipping_address=nowhere, billing_address=nowhere)
    with pytest.raises(InvalidInput) as refused:
        await story.as_(guest).cart.update(changes=changes)

    assert [error.field for error in refused.value.errors] == [
        "email",
        "currency",
        "shipping_address/name",
        "shipping_address/country",
        "billing_address/name",
        "billing_address/country",
    ]
    assert (await story.as_(guest).cart.show()).cart.contact.email is None


async def test_an_unknown_way_to_send_is_refused(story: Story) -> None:
    """And the cart keeps the one it had."""
    await story.sell()
    guest = await story.cart()
    with pytest.raises(ShippingMethodNotFound):
        await story.as_(guest).cart.update(changes=CartChanges(shipping_method="rocket"))
    assert (await story.as_(guest).cart.show()).cart.shipping_method == "standard"


async def test_the_currency_changes_where_everything_has_a_price_in_it(story: Story) -> None:
    """Else it is refused, naming what lacks one, and the cart stays as it was."""
    await story.sell(EUR=1_800)
    await story.sell(CUP)
    guest = await story.cart()
    acts = story.as_(guest).cart
    assert str((await acts.update(changes=CartChanges(currency="EUR"))).quote.total) == "18.00 EUR"
    assert [option.price.currency for option in await acts.shipping_methods()] == ["EUR"]

    await acts.update(changes=CartChanges(currency="USD"))
    await acts.add_item(sku=CUP, quantity=1)
    with pytest.raises(NotSoldInCurrency, match="CUP-1 has no price in EUR"):
        await acts.update(changes=CartChanges(currency="EUR"))
    assert (await acts.show()).cart.currency == "USD"


async def test_what_is_archived_is_shown_as_not_on_sale_and_not_counted(story: Story) -> None:
    """Its line stays, without a price; it is what is missing; and it does not stand in the way of a currency."""
    old, _ = await story.sell(), await story.sell(CUP, EUR=1_800)
    guest = await story.cart()
    acts = story.as_(guest).cart
    await acts.add_item(sku=CUP, quantity=1)
    await story.staff.catalog.archive_product(product_id=old.id)
    shown = await acts.show()

    assert [(line.sku, line.unit_price, line.availability.in_stock) for line in shown.lines] == [
        (TEA, None, False),
        (CUP, PRICE, True),
    ]
    assert shown.quote.total == PRICE
    assert [(problem.field, problem.code) for problem in shown.missing] == [("lines/0", "not_on_sale")]
    assert str((await acts.update(changes=CartChanges(currency="EUR"))).quote.total) == "18.00 EUR"


async def test_each_line_says_whether_so_many_can_be_had(story: Story) -> None:
    """Six of five cannot; of what is not counted there is always enough."""
    await story.sell()
    await story.sell(CUP, on_hand=None)
    guest = await story.cart(quantity=6)
    lines = (await story.as_(guest).cart.add_item(sku=CUP, quantity=900)).lines

    assert [(line.availability.in_stock, line.availability.available) for line in lines] == [(False, 5), (True, None)]
