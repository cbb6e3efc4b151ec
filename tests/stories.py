"""A whole shop in memory, on a clock that the test turns: somebody buys, time passes, and the books are compared."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from email import message_from_string, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from tests.crashes import Fuse, Premises
from tests.kept import kept

from shopcore.adapters.bogus.books import Books
from shopcore.adapters.bogus.gateway import BogusGateway
from shopcore.adapters.bogus.methods import Delays
from shopcore.adapters.bogus.webhooks import Deliverer
from shopcore.adapters.local.ids import LocalIds
from shopcore.adapters.local.keys import new_key_ring
from shopcore.adapters.local.mail_folder import MailFolder
from shopcore.catalog.model import NewVariant, Price, Product
from shopcore.checkout.model import CheckedOut, CheckOutCommand, PaymentChoice, Refused, Reply
from shopcore.container.acts import ShopOf
from shopcore.container.adapters import build_world
from shopcore.container.gateways import BogusBank
from shopcore.container.senders import open_webhook_sender
from shopcore.inventory.model import StockPolicy
from shopcore.kernel.actor import Actor, Guest
from shopcore.kernel.address import Address
from shopcore.kernel.ids import OrderId, Sku
from shopcore.kernel.money import Money
from shopcore.ordering.model import Order
from shopcore.payments.model import Account, Payment
from shopcore.payments.ports import PaymentGateway
from shopcore.settings import Settings
from shopcore.shop import Shop, owner
from shopcore.shopping.model import CartChanges
from shopcore.testing.clock import ManualClock

PRICE = Money(2_000, "USD")
STOCK = 5
TEA, CUP = Sku("TEA-1"), Sku("CUP-1")
HOME = Address(name="Ann Buyer", line1="1 Road", city="Town", country="US")
COMPLETE = CartChanges(email="ann@example.com", shipping_address=HOME, shipping_method="standard")
IN_MEMORY: dict[str, Any] = {"store_url": "sqlite://:memory:", "argon2_memory_cost": 8, "argon2_time_cost": 1}
# The bank itself is quick: a story that is about waiting says so. It is silent for no time, but silent.
QUICK = Delays(slow_seconds=0.0, silence_seconds=0.0)


@dataclass
class Story:
    """One shop, and everybody who acts in it. The bank's clock is the shop's."""

    place: Premises
    clock: ManualClock
    shop: Shop

    def as_(self, actor: Actor) -> ShopOf:
        """The shop as somebody sees it."""
        return self.shop.as_(actor)

    @property
    def staff(self) -> ShopOf:
        """The shop as its owner sees it."""
        return self.as_(owner())

    def reopen(self, fuse: Fuse | None = None) -> Shop:
        """Another process over the same store and bank."""
        self.shop = self.place.open(fuse)
        return self.shop

    def with_gateway(self, gateway: PaymentGateway) -> None:
        """Put something between the shop and its bank."""
        self.with_gateways(gateway)

    def with_gateways(self, *gateways: PaymentGateway) -> None:
        """Pay through all of these."""
        self.place.world = replace(self.place.world, gateways={gateway.name: gateway for gateway in gateways})
        self.reopen()

    async def sell(self, sku: Sku = TEA, on_hand: int | None = STOCK, price: Money = PRICE, **prices: int) -> Product:
        """Something on the shelf (None: not counted), with a price in USD and in whatever else is named."""
        amounts = {price.currency: price.amount, **prices}
        variant = NewVariant(sku=sku, prices={code: Price(price=Money(amounts[code], code)) for code in amounts})
        product = await self.staff.catalog.create_product(title=sku.title(), variants=[variant])
        published = await self.staff.catalog.publish_product(product_id=product.id)
        if on_hand is not None:
            await self.staff.stock.set_rules(sku=sku, tracked=True, policy=StockPolicy.DENY)
            if on_hand:
                await self.staff.stock.adjust(sku=sku, to=on_hand, reason="first delivery")
        return published

    async def cart(self, sku: Sku = TEA, quantity: int = 1, changes: CartChanges | None = COMPLETE) -> Guest:
        """Somebody with a cart that only needs to be ordered."""
        cart = await self.as_(Guest()).cart.add_item(sku=sku, quantity=quantity)
        guest = Guest(cart_token=cart.token)
        if changes is not None:
            await self.as_(guest).cart.update(changes=changes)
        return guest

    async def reply(self, guest: Actor, method: str | None = None, key: str = "key", **command: Any) -> Reply:
        """What a checkout answers."""
        asked = CheckOutCommand(payment=PaymentChoice(method=method), **command)
        return await self.as_(guest).checkout.check_out(command=asked, key=key)

    async def buy(self, method: str | None = None, *, quantity: int = 1, sku: Sku = TEA) -> "Bought":
        """Somebody buys something."""
        guest = await self.cart(sku, quantity)
        return self.bought(await self.reply(guest, method))

    def bought(self, reply: Reply) -> "Bought":
        """A checkout that came to an order."""
        assert isinstance(reply.outcome, CheckedOut), reply.outcome
        return Bought(self, reply.outcome)

    async def passes(self, seconds: float) -> None:
        """Time goes by, and what has become due is done."""
        await self.clock.advance(seconds)
        await self.shop.work_off()

    async def settles(self) -> None:
        """Enough time for webhooks, look-ups and what failed at first; not enough for an order to expire."""
        for _ in range(6):
            await self.passes(30)

    async def captured(self) -> list[int]:
        """What the bank took and kept, charge by charge."""
        lines = await self.place.bank.gateway.charges()
        return [line.amount.amount for line in lines if line.status == "captured"]

    async def balance(self, account: Account) -> int:
        """Of one account, in USD."""
        return (await self.place.store.ledger.balance(account)).get("USD", Money.zero("USD")).amount

    async def level(self, sku: Sku = TEA) -> tuple[int, int]:
        """On hand and reserved."""
        item = (await self.place.store.levels.find([sku]))[sku]
        return item.on_hand, item.reserved

    async def mails(self, about: str = "") -> list[str]:
        """Every mail whose key begins so, as text."""
        folder = Path(self.place.settings.mail_folder)
        return await asyncio.to_thread(lambda: [one.read_text() for one in sorted(folder.glob(f"{about}*.eml"))])

    async def mailed_token(self) -> str:
        """What the link of the latest mail that has one carries."""
        mails = [message_from_string(mail, policy=policy.default) for mail in await self.mails()]
        linked = [(mail["Date"].datetime, text) for mail in mails if "#token=" in (text := _text_of(mail))]
        return str(max(linked)[1]).partition("#token=")[2].split()[0]

    async def jobs(self, state: Any) -> list[str]:
        """The kinds of jobs that stand so."""
        return [job.kind for job in (await self.staff.jobs.list(state=state, limit=100)).items]


@dataclass
class Bought:
    """An order, and the guest who placed it."""

    story: Story
    first: CheckedOut

    @property
    def id(self) -> OrderId:
        """The order's."""
        return self.first.order.id

    @property
    def guest(self) -> Guest:
        """Whoever holds the order's token."""
        return Guest(order_token=self.first.order_token)

    async def order(self) -> Order:
        """As its guest sees it now."""
        return await self.story.as_(self.guest).orders.show(order_id=self.id)

    async def payment(self) -> Payment:
        """As it stands now."""
        payment = await self.story.place.store.payments.of_order(self.id)
        assert payment is not None
        return payment

    async def events(self) -> list[str]:
        """The order's timeline, in words."""
        return [entry.event for entry in (await self.order()).timeline]

    async def stands(self) -> tuple[str, str, str]:
        """Status, payment status, and the payment's state."""
        order, payment = await self.order(), await self.payment()
        return order.status.value, order.payment_status.value, payment.state.value

    async def pay_again(self, method: str | None = None, key: str = "again") -> Reply:
        """Another try."""
        choice = PaymentChoice(method=method)
        return await self.story.as_(self.guest).checkout.retry_payment(order_id=self.id, choice=choice, key=key)

    async def cancel(self, reason: str | None = None) -> Order:
        """Its guest wants it no more."""
        return await self.story.as_(self.guest).orders.cancel(order_id=self.id, reason=reason)

    async def decide(self, *, approve: bool) -> None:
        """The customer answers at the bank's page."""
        reference = (await self.payment()).reference
        assert reference is not None
        bank = self.story.place.bank.gateway
        await (bank.approve(reference) if approve else bank.refuse(reference))


def refusal(reply: Reply) -> tuple[str, list[str]]:
    """The code of a refused request, and the fields that it names."""
    assert isinstance(reply.outcome, Refused), reply.outcome
    return reply.outcome.code, [error.field for error in reply.outcome.errors]


async def assert_one_purchase(story: Story, bought: Bought) -> None:
    """One order, one charge, its stock gone, the ledger as the bank's books, one mail that names it."""
    order = await bought.order()
    (line,) = order.lines
    on_hand, reserved = await story.level(line.sku)
    mails = await story.mails("order-confirmation")

    assert await bought.stands() == ("processing", "paid", "succeeded")
    assert await story.captured() == [order.totals.total.amount] == [await story.balance(Account.CLEARING)]
    assert await story.balance(Account.RECEIVABLE) == 0
    assert (on_hand, reserved) == (STOCK - line.quantity, 0)
    assert len(mails) == 1
    assert order.number in mails[0]
    assert not await story.jobs("dead")


def _text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


async def assert_nothing_sold(story: Story) -> None:
    """Nothing kept at the bank, nothing in the ledger, everything on the shelf."""
    assert not sum(await story.captured())
    assert await story.balance(Account.CLEARING) == 0
    assert await story.balance(Account.RECEIVABLE) == 0
    assert await story.level() == (STOCK, 0)
    assert not await story.jobs("dead")


@asynccontextmanager
async def opened(folder: Path, delays: Delays = QUICK, **changes: Any) -> AsyncGenerator[Story]:
    """An empty shop, a bank and a clock, whose work has been done up to now."""
    settings = Settings(
        **{**IN_MEMORY, "mail_dir": str(folder / "mail"), "short_message_dir": str(folder / "short"), **changes}
    )
    keys, clock, books = new_key_ring(), ManualClock(), Books(":memory:")
    secret = b"the bank's secret, which only it and the shop know"
    gateway = BogusGateway(books, clock, LocalIds(), secret=secret, app_url=settings.app_url, delays=delays)
    bank = BogusBank(gateway=gateway, deliverer=Deliverer(books, clock, secret))
    mailer = MailFolder(Path(settings.mail_folder), clock)
    try:
        async with asynccontextmanager(open_webhook_sender)(settings) as sender:
            world = replace(build_world(settings, keys, bank, mailer, sender), clock=clock)
            async with kept(settings, world) as store:
                place = Premises(settings, store, world, bank)
                await place.tended()
                yield Story(place, clock, place.open())
    finally:
        await books.close()
