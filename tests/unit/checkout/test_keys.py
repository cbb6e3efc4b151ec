"""One key means one answer, whoever asks and however often; and who may ask at all."""

import asyncio
from dataclasses import replace

import pytest
from msgspec import structs
from tests.crashes import Crash, Fuse, FusedGateway
from tests.stories import PRICE, TEA, Story, refusal

from shopcore.adapters.local.keys import new_key_ring
from shopcore.adapters.local.sealing import HmacSigner
from shopcore.cart.errors import CartNotFound
from shopcore.checkout.model import Reply
from shopcore.idempotency.errors import KeyReused
from shopcore.kernel.actor import Actor, Customer, Guest, Staff, System
from shopcore.kernel.correlation import correlation_id
from shopcore.kernel.ids import CustomerId, Sku
from shopcore.ordering.errors import OrderNotFound

pytestmark = pytest.mark.anyio

LEAF = Sku("LEAF-1")


async def test_the_same_key_gets_the_same_reply(story: Story) -> None:
    """Ten at the same moment and one a day later: one order, one charge, and the first request's correlation id."""
    await story.sell()
    guest = await story.cart()
    correlation_id.set("request-1")
    first = await story.reply(guest)
    correlation_id.set("request-2")
    later = await asyncio.gather(*(story.reply(guest) for _ in range(10)))

    assert not first.replayed
    assert all(reply == structs.replace(first, replayed=True) for reply in later)
    assert first.correlation_id == "request-1"
    assert await story.captured() == [PRICE.amount]


async def test_a_reply_is_given_again_though_what_was_asked_for_would_be_refused_by_now(story: Story) -> None:
    """The gateway that took the money has left the settings; who asks anew is told so."""
    await story.sell()
    guest = await story.cart()
    first = await story.reply(guest)
    story.place.world = replace(story.place.world, gateways={})
    story.reopen()
    again = await story.reply(guest)

    assert again == structs.replace(first, replayed=True)
    assert refusal(await story.reply(await story.cart()))[0] == "unknown_payment_method"


async def test_ten_of_the_same_request_at_once_are_one(story: Story) -> None:
    """Whoever comes second is told to wait, and then gets the first one's reply."""
    await story.sell()
    guest = await story.cart()
    answers = await asyncio.gather(*(story.reply(guest) for _ in range(10)), return_exceptions=True)
    replies = [answer for answer in answers if isinstance(answer, Reply)]

    assert replies
    assert {type(answer).__name__ for answer in answers} <= {"Reply", "RequestInProgress"}
    assert all(reply.outcome == replies[0].outcome for reply in replies)
    assert (await story.reply(guest)).outcome == replies[0].outcome
    assert await story.captured() == [PRICE.amount]


async def test_a_refusal_is_a_reply_too(story: Story) -> None:
    """Even when what was refused would be possible by now: another key asks anew."""
    await story.sell(on_hand=0)
    guest = await story.cart()
    correlation_id.set("request-1")
    refused = await story.reply(guest)
    await story.staff.stock.adjust(sku=TEA, to=5, reason="delivery")
    correlation_id.set("request-2")
    again = await story.reply(guest)

    assert refusal(refused) == refusal(again) == ("out_of_stock", ["lines/0/quantity"])
    assert (refused.correlation_id, again.correlation_id) == ("request-1", "request-1")
    assert (refused.replayed, again.replayed) == (False, True)
    story.bought(await story.reply(guest, key="another"))


async def test_a_key_is_not_for_another_request(story: Story) -> None:
    """Whether the first one was an order or a refusal."""
    await story.sell()
    ordered, refused = await story.cart(), await story.cart(quantity=6)
    await story.reply(ordered)
    await story.reply(refused)

    for guest in (ordered, refused):
        with pytest.raises(KeyReused):
            await story.reply(guest, email="bob@example.com")


async def test_a_key_belongs_to_its_cart(story: Story) -> None:
    """Two buyers who both count 1, 2, 3 get an order each."""
    await story.sell()
    first, second = [story.bought(await story.reply(await story.cart())).id for _ in range(2)]
    assert first != second


async def test_another_key_finds_the_cart_empty(story: Story) -> None:
    """Ordered is ordered; so is a cart that never held anything, or holds nothing any more."""
    product = await story.sell()
    ordered, emptied = await story.cart(), await story.cart()
    await story.reply(ordered)
    await story.as_(emptied).cart.set_quantity(variant_id=product.variants[0].id, quantity=0)

    assert refusal(await story.reply(ordered, key="other"))[0] == "cart_empty"
    assert refusal(await story.reply(emptied))[0] == "cart_empty"
    assert await story.captured() == [PRICE.amount]


async def test_of_two_keys_on_one_cart_one_orders(story: Story) -> None:
    """At the same moment: two tabs, two clicks."""
    await story.sell()
    guest = await story.cart()
    replies = await asyncio.gather(*(story.reply(guest, key=key) for key in ("one", "two")))
    outcomes = sorted(getattr(reply.outcome, "code", "ordered") for reply in replies)

    assert outcomes == ["cart_empty", "ordered"]
    assert await story.level() == (5, 1)
    assert await story.captured() == [PRICE.amount]


@pytest.mark.parametrize(
    "stranger",
    [
        Guest(),
        Guest(order_token="x"),
        Staff(name="boss", permissions=frozenset({"*"})),
        System(kind="worker"),
    ],
    ids=repr,
)
async def test_who_holds_no_cart_orders_nothing(story: Story, stranger: Actor) -> None:
    """And leaves nothing behind."""
    await story.sell()
    with pytest.raises(CartNotFound):
        await story.reply(stranger)


async def test_a_customer_without_a_cart_has_nothing_to_order(story: Story) -> None:
    """As one whose cart was ordered already."""
    assert refusal(await story.reply(Customer(customer_id=CustomerId("c"))))[0] == "cart_empty"


async def test_a_token_of_no_cart_is_answered_as_such(story: Story) -> None:
    """As a reply, like every refusal."""
    assert refusal(await story.reply(Guest(cart_token="made up")))[0] == "cart_not_found"


async def test_what_a_customer_orders_is_theirs(story: Story) -> None:
    """Also out of a cart that they filled before they signed in; another customer is told that there is none."""
    await story.sell()
    guest = await story.cart()
    ann = Customer(customer_id=CustomerId("ann"), cart_token=guest.cart_token)
    bought = story.bought(await story.reply(ann))

    assert (await story.as_(Customer(customer_id=CustomerId("ann"))).orders.show(order_id=bought.id)).id == bought.id
    with pytest.raises(OrderNotFound):
        await story.as_(Customer(customer_id=CustomerId("bob"))).orders.show(order_id=bought.id)


async def test_a_checkout_that_is_resumed_under_another_first_key_shows_the_token_that_was_kept(story: Story) -> None:
    """The server that placed the order died before the bank was asked; another goes on, started with the new key."""
    await story.sell()
    guest, place = await story.cart(), story.place
    old, new = (structs.replace(new_key_ring(), signing=key) for key in (b"o" * 32, (b"n" * 32, b"o" * 32)))
    world, (bank,) = place.world, place.world.gateways.values()
    place.world = replace(world, signer=HmacSigner(old), gateways={bank.name: FusedGateway(bank, Fuse(1))})
    story.reopen()
    with pytest.raises(Crash):
        await story.reply(guest)
    place.world = replace(world, signer=HmacSigner(new))
    story.reopen()
    await story.clock.advance(60)
    bought = story.bought(await story.reply(guest))

    assert (await bought.order()).id == bought.id
