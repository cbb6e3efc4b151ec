"""Mails on what happens to an order: by the act that causes it, one of each, in the language of who reads it."""

from email import message_from_string, policy

import pytest
from msgspec import structs
from tests.stories import Bought, Story, refusal

from shopcore.kernel.actor import Customer, Guest, System
from shopcore.kernel.address import Address
from shopcore.kernel.errors import InvalidInput
from shopcore.kernel.money import Money
from shopcore.notifications.model import OrderNotice
from shopcore.notifications.model.order_mails import order_mail
from shopcore.shopping.model import CartChanges
from shopcore.testing.contracts.sales_samples import an_order

pytestmark = pytest.mark.anyio


async def subjects(story: Story) -> list[str]:
    """Of the mails so far, in no order."""
    return sorted(str(message_from_string(mail, policy=policy.default)["Subject"]) for mail in await story.mails())


async def body(story: Story, word: str) -> str:
    """The text of the mail whose subject has that word."""
    mails = [message_from_string(mail, policy=policy.default) for mail in await story.mails()]
    (mail,) = [each for each in mails if word in str(each["Subject"])]
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


async def number_of(bought: Bought) -> str:
    return (await bought.order()).number


async def test_who_bought_hears_of_their_parcel(story: Story) -> None:
    """When it is handed over, with how to follow it, and when it has arrived."""
    await story.sell()
    bought = await story.buy()
    await story.settles()
    await story.staff.orders.ship(order_id=bought.id, carrier="Post", tracking_number="T-1")
    await story.settles()
    await story.staff.orders.deliver(order_id=bought.id)
    await story.settles()
    number = await number_of(bought)

    assert await subjects(story) == [
        f"Your order {number}",
        f"Your order {number} has arrived",
        f"Your order {number} is on its way",
    ]
    assert "Carrier: Post\nTracking number: T-1\n" in await body(story, "on its way")


async def test_each_refund_is_told_once(story: Story) -> None:
    """With its amount; two of the same amount are two mails."""
    await story.sell()
    bought = await story.buy()
    for _ in range(2):
        await story.staff.orders.refund(order_id=bought.id, amount=Money(500, "USD"), reason="x")
        await story.settles()
    refunds = (await bought.order()).refunds
    send = story.shop._cases.upkeep.send_order_mail
    await send(System(kind="again"), order_id=bought.id, notice=OrderNotice.REFUNDED, subject=refunds[0].id)

    assert [each for each in await subjects(story) if "Money" in each] == [
        f"Money for your order {await number_of(bought)} is on its way back"
    ] * 2


async def test_a_failed_payment_is_told_while_it_matters(story: Story) -> None:
    """Each attempt, with until when it can be made good; not when another has paid before the mail was written."""
    await story.sell()
    bought = await story.buy("declined")
    await story.settles()
    told = await subjects(story)
    await bought.pay_again("declined")
    await bought.pay_again("ok", key="third")
    await story.settles()
    number = await number_of(bought)

    assert told == [f"The payment of your order {number} did not go through"]
    assert await subjects(story) == sorted([*told, f"Your order {number}"])
    assert "Nothing was charged" in await body(story, "did not go through")


def test_a_telephone_is_who_pays_and_not_who_is_to_be_surprised() -> None:
    """Where the goods go to somebody else, that address has that one's number."""
    order = an_order("order")
    there = Address(name="Bo", line1="2 Mill Road", city="Springfield", country="US", phone="+1 555 0199")
    payer = structs.replace(there, name="Ann", phone="+1 555 0100")
    silent = structs.replace(payer, phone=None)

    def told(**contact: Address | None) -> str | None:
        bought = structs.replace(order, contact=structs.replace(order.contact, **contact))
        return order_mail(bought, OrderNotice.PAYMENT_FAILED).phone

    assert told(shipping_address=there, billing_address=None) == there.phone
    assert told(shipping_address=there, billing_address=payer) == payer.phone
    assert told(shipping_address=there, billing_address=silent) is None


@pytest.mark.parametrize("by", ["guest", "time"])
async def test_an_order_that_ends_is_told(story: Story, by: str) -> None:
    """Whether its buyer ends it or nobody paid in time."""
    await story.sell()
    bought = await story.buy("requires_action")
    if by == "guest":
        await bought.cancel()
    else:
        await story.passes(2 * 3_600)
    await story.settles()

    assert await subjects(story) == [f"Your order {await number_of(bought)} was cancelled"]


async def test_an_order_is_written_about_in_its_own_language(story: Story) -> None:
    """That of the cart, or of the checkout; a region without words of its own has those of its language."""
    await story.sell()
    guest = await story.cart()
    await story.as_(guest).cart.update(changes=CartChanges(locale="de-AT"))
    bought = story.bought(await story.reply(guest))
    await story.settles()

    assert (await bought.order()).contact.locale == "de-AT"
    assert await subjects(story) == [f"Ihre Bestellung {await number_of(bought)}"]


async def test_a_language_is_a_language(story: Story) -> None:
    """In a cart and in a checkout."""
    await story.sell()
    guest = await story.cart()
    for locale in ("german", "../en", "de_DE", "de\r\n"):
        with pytest.raises(InvalidInput) as refused:
            await story.as_(guest).cart.update(changes=CartChanges(locale=locale))
        assert [error.code for error in refused.value.errors] == ["invalid_locale"]
        assert refusal(await story.reply(guest, key=locale, locale=locale))[1] == ["locale"]


async def test_a_customer_is_written_to_in_their_language(story: Story) -> None:
    """About the account, and about orders that say none."""
    door = story.as_(Guest())
    await door.accounts.register(email="ann@example.com", password="difference engine no. 2")
    await story.shop.work_off()
    entered = await door.accounts.verify_email(token=await story.mailed_token())
    me = story.as_(Customer(customer_id=entered.account.id))
    await me.profile.update(locale="de")
    await story.settles()
    kept = await me.profile.update(name="Ann")

    assert (kept.name, kept.locale) == ("Ann", "de")
    assert "Willkommen" in await subjects(story)
