"""A guest's cart: whoever holds its token holds it, two hands at once lose nothing, and in the end it is forgotten."""

import asyncio
from datetime import timedelta

import pytest
from tests.stories import COMPLETE, CUP, PRICE, TEA, Story

from shopcore.cart.errors import CartChanged, CartNotFound, InvalidQuantity, LineNotFound, TooManyLines
from shopcore.cart.model import LIFETIME, MAX_LINES, MAX_QUANTITY
from shopcore.catalog.errors import VariantNotFound
from shopcore.catalog.model import NewVariant, Price
from shopcore.kernel.actor import Actor, Customer, Guest, Integration, Staff, System
from shopcore.kernel.errors import Forbidden, Unauthenticated
from shopcore.kernel.ids import CustomerId, Sku, VariantId
from shopcore.kernel.money import Money
from shopcore.kernel.sealing import token_hash
from shopcore.shopping.model import CartChanges

pytestmark = pytest.mark.anyio

STRANGERS: tuple[Actor, ...] = (
    Guest(),
    Guest(cart_token="somebody else's"),
    Guest(order_token="an order's"),
    Customer(customer_id=CustomerId("c1")),
    Staff(name="boss", permissions=frozenset({"*"})),
    Integration(name="erp", permissions=frozenset({"*"})),
    System(kind="worker"),
)


def _has_no_cart(actor: Actor) -> bool:
    return isinstance(actor, Guest | Customer) and actor.cart_token is None


async def test_the_first_item_opens_a_cart_and_shows_its_secret_once(story: Story) -> None:
    """Later answers do not repeat it, and the store keeps only its hash."""
    await story.sell()
    first = await story.as_(Guest()).cart.add_item(sku=TEA, quantity=2)
    guest = Guest(cart_token=first.token)
    again = await story.as_(guest).cart.add_item(sku=TEA, quantity=1)

    assert first.token is not None
    assert len(first.token) >= 22, "128 bits in base 64"
    assert again.token is None
    assert again.cart.id == first.cart.id
    assert [(line.sku, line.line.quantity, line.line_total) for line in again.lines] == [(TEA, 3, PRICE * 3)]


async def test_lines_are_added_set_and_removed(story: Story) -> None:
    """By SKU or by variant; the totals follow."""
    product, _ = await story.sell(), await story.sell(CUP)
    tea = product.variants[0].id
    cart = await story.as_(Guest()).cart.add_item(variant_id=tea, quantity=1)
    acts = story.as_(Guest(cart_token=cart.token)).cart
    cup = (await acts.add_item(sku=CUP, quantity=2)).lines[1].line.variant_id

    assert (await acts.show()).quote.total == PRICE * 3
    assert (await acts.set_quantity(variant_id=tea, quantity=4)).quote.total == PRICE * 6
    assert (await acts.set_quantity(variant_id=cup, quantity=0)).quote.total == PRICE * 4
    assert [line.sku for line in (await acts.show()).lines] == [TEA]
    with pytest.raises(LineNotFound):
        await acts.set_quantity(variant_id=cup, quantity=1)


@pytest.mark.parametrize("stranger", STRANGERS, ids=repr)
async def test_a_cart_is_there_only_for_its_token(story: Story, stranger: Actor) -> None:
    """Staff have no cart either: for everybody else there is none."""
    await story.sell()
    await story.cart()
    acts = story.as_(stranger).cart

    with pytest.raises(CartNotFound):
        await acts.show()
    with pytest.raises(CartNotFound):
        await acts.set_quantity(variant_id=VariantId("any"), quantity=1)
    with pytest.raises(CartNotFound):
        await acts.update(changes=COMPLETE)
    with pytest.raises(CartNotFound):
        await acts.shipping_methods()
    with pytest.raises(CartNotFound):
        await acts.apply_coupon(code="ANY")
    with pytest.raises(CartNotFound):
        await acts.remove_coupon(code="ANY")


@pytest.mark.parametrize("buyer", [actor for actor in STRANGERS if _has_no_cart(actor)], ids=repr)
async def test_who_has_no_token_is_given_a_cart(story: Story, buyer: Actor) -> None:
    """A guest, whatever else they hold, and its token; a customer's own needs none."""
    await story.sell()
    cart = await story.as_(buyer).cart.add_item(sku=TEA, quantity=1)

    assert (cart.token is None) == isinstance(buyer, Customer)
    assert cart.cart.customer_id == (buyer.customer_id if isinstance(buyer, Customer) else None)


@pytest.mark.parametrize("stranger", [actor for actor in STRANGERS if not _has_no_cart(actor)], ids=repr)
async def test_a_token_that_names_no_cart_does_not_open_one(story: Story, stranger: Actor) -> None:
    """Else a mistyped token would seem to have lost what its owner had; and staff buy nothing."""
    await story.sell()
    with pytest.raises(CartNotFound):
        await story.as_(stranger).cart.add_item(sku=TEA, quantity=1)


@pytest.mark.parametrize("quantity", [0, -1, MAX_QUANTITY + 1, 10**9])
async def test_a_quantity_nobody_buys_is_refused_and_nothing_is_opened(story: Story, quantity: int) -> None:
    """Not even the cart that it would have been put into."""
    await story.sell()
    with pytest.raises(InvalidQuantity) as refused:
        await story.as_(Guest()).cart.add_item(sku=TEA, quantity=quantity)

    assert [error.field for error in refused.value.errors] == ["quantity"]
    later = story.clock.now() + LIFETIME
    assert not await story.place.store.carts.remove_expired(later, 10)


async def test_the_sum_of_what_is_added_has_the_same_limit(story: Story) -> None:
    """A thousand and one in two goes."""
    await story.sell()
    guest = await story.cart(quantity=MAX_QUANTITY)
    with pytest.raises(InvalidQuantity):
        await story.as_(guest).cart.add_item(sku=TEA, quantity=1)
    assert (await story.as_(guest).cart.show()).lines[0].line.quantity == MAX_QUANTITY


async def test_a_cart_holds_so_many_different_things_and_no_more(story: Story) -> None:
    """A hundred; one more of what is there already is no line more."""
    skus = [Sku(f"THING-{number}") for number in range(MAX_LINES + 1)]
    for sku in skus:
        await story.sell(sku, on_hand=None)
    guest = await story.cart(skus[0])
    for sku in skus[1:-1]:
        await story.as_(guest).cart.add_item(sku=sku, quantity=1)

    with pytest.raises(TooManyLines):
        await story.as_(guest).cart.add_item(sku=skus[-1], quantity=1)
    await story.as_(guest).cart.add_item(sku=skus[0], quantity=1)
    assert len((await story.as_(guest).cart.show()).lines) == MAX_LINES


async def test_what_is_not_on_sale_cannot_be_put_into_a_cart(story: Story) -> None:
    """Unknown, a draft, archived, or without a price in the cart's currency: it is not there."""
    archived = await story.sell(Sku("OLD-1"))
    await story.staff.catalog.archive_product(product_id=archived.id)
    draft = NewVariant(sku=Sku("DRAFT-1"), prices={"USD": Price(price=PRICE)})
    await story.staff.catalog.create_product(title="Draft", variants=[draft])
    await story.sell(Sku("EURO-1"), price=Money(100, "EUR"))

    for sku in ("NONE-1", "OLD-1", "DRAFT-1", "EURO-1"):
        with pytest.raises(VariantNotFound):
            await story.as_(Guest()).cart.add_item(sku=Sku(sku), quantity=1)
    with pytest.raises(VariantNotFound):
        await story.as_(Guest()).cart.add_item(quantity=1)


async def test_two_writers_at_once_never_lose_a_line(story: Story) -> None:
    """Twenty additions of two things at the same moment: all of them are there."""
    await story.sell()
    await story.sell(CUP)
    guest = await story.cart()
    adding = [story.as_(guest).cart.add_item(sku=sku, quantity=1) for sku in (TEA, CUP) * 10]
    await asyncio.gather(*adding)

    lines = {line.sku: line.line.quantity for line in (await story.as_(guest).cart.show()).lines}
    assert lines == {TEA: 11, CUP: 10}


async def test_of_two_writers_who_saw_the_same_version_one_is_told(story: Story) -> None:
    """The other's change stands, and the version counts each write."""
    await story.sell()
    guest = await story.cart()
    acts = story.as_(guest).cart
    seen = (await acts.show()).cart.version
    both = await asyncio.gather(
        acts.add_item(sku=TEA, quantity=1, version=seen),
        acts.update(changes=CartChanges(email="bob@example.com"), version=seen),
        return_exceptions=True,
    )

    assert [type(answer) for answer in both].count(CartChanged) == 1
    assert (await acts.show()).cart.version == seen + 1
    with pytest.raises(CartChanged):
        await acts.set_quantity(variant_id=(await acts.show()).lines[0].line.variant_id, quantity=3, version=seen)


async def test_an_ordered_cart_is_gone(story: Story) -> None:
    """For looking as for changing; and it keeps nothing personal, which the order has now."""
    await story.sell()
    guest = await story.cart()
    await story.reply(guest)
    assert guest.cart_token is not None

    with pytest.raises(CartNotFound):
        await story.as_(guest).cart.show()
    with pytest.raises(CartNotFound):
        await story.as_(guest).cart.add_item(sku=TEA, quantity=1)
    ordered = await story.place.store.carts.find_by_token(token_hash(guest.cart_token))
    assert ordered is not None
    assert ordered.contact.email is None
    assert ordered.contact.shipping_address is None


async def test_a_cart_is_forgotten_thirty_days_after_its_last_write(story: Story) -> None:
    """With the name and address in it; a later write gives it its time again."""
    await story.sell()
    left, kept = await story.cart(), await story.cart()
    await story.clock.advance(timedelta(days=29).total_seconds())
    await story.as_(kept).cart.add_item(sku=TEA, quantity=1)
    await story.passes(timedelta(days=2).total_seconds())

    assert left.cart_token is not None
    with pytest.raises(CartNotFound):
        await story.as_(left).cart.show()
    assert await story.place.store.carts.find_by_token(token_hash(left.cart_token)) is None
    assert (await story.as_(kept).cart.show()).lines[0].line.quantity == 2


async def test_all_that_have_expired_are_forgotten_however_many_there_are(story: Story) -> None:
    """More than one transaction takes: a busy shop's backlog must not grow."""
    await story.sell()
    for _ in range(501):
        await story.as_(Guest()).cart.add_item(sku=TEA, quantity=1)
    await story.clock.advance(LIFETIME.total_seconds())
    forget = story.shop._cases.upkeep.forget_expired_carts

    assert await forget(System(kind="schedule")) == 501
    with pytest.raises(Unauthenticated):
        await forget(Guest())
    with pytest.raises(Forbidden):
        await forget(Staff(name="packer"))
