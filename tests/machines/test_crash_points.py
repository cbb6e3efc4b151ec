"""The shop dies at every boundary between itself and the world, one after the other, and is opened again each time."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.crashes import ABOUT_MONEY, EVERY_KIND, Crash, Fuse, FusedGateway, Premises, premises
from tests.kept import STORES, kept_in

from shopcore.catalog.model import NewVariant, Price
from shopcore.checkout.model import CheckedOut, CheckOutCommand, PaymentChoice, Reply
from shopcore.idempotency.errors import RequestInProgress
from shopcore.inventory.model import StockPolicy
from shopcore.jobs.model import JobState
from shopcore.kernel.actor import Guest
from shopcore.kernel.address import Address
from shopcore.kernel.errors import Unavailable
from shopcore.kernel.ids import OrderId, Sku
from shopcore.kernel.money import Money
from shopcore.ordering.model import Order, OrderStatus
from shopcore.payments.model import Account, Payment, PaymentState, Report
from shopcore.shop import Shop, owner
from shopcore.shopping.model import CartChanges

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(240)]

STOCK = 5
PRICE = Money(2_000, "USD")
QUANTITY = 2
SKU = Sku("TEA-1")
HOME = Address(name="Ann Buyer", line1="1 Road", city="Town", country="US")
LATER = timedelta(seconds=45)  # longer than a request's and a job's lease, shorter than an order waits to be paid


@dataclass
class Buyer:
    """Somebody with a cart, who asks again with the same key until there is an answer."""

    cart_token: str
    order_token: str | None = None
    replies: dict[str, Reply] = field(default_factory=dict)

    async def check_out(self, shop: Shop, method: str | None) -> CheckedOut:
        """The first checkout, or its reply again."""
        buying = shop.as_(Guest(cart_token=self.cart_token)).checkout
        command = CheckOutCommand(payment=PaymentChoice(method=method))
        return self._heard("checkout", await buying.check_out(command=command, key="the-key"))

    async def pay_again(self, shop: Shop, order_id: OrderId, method: str, gateway: str | None = None) -> CheckedOut:
        """Another try after a decline."""
        paying = shop.as_(Guest(order_token=self.order_token)).checkout
        choice = PaymentChoice(method=method, gateway=gateway)
        return self._heard("again", await paying.retry_payment(order_id=order_id, choice=choice, key="the-key"))

    def _heard(self, what: str, reply: Reply) -> CheckedOut:
        assert isinstance(reply.outcome, CheckedOut)
        first = self.replies.setdefault(what, reply)
        assert reply.outcome == first.outcome, "the same key must get the same reply"
        self.order_token = self.order_token or reply.outcome.order_token
        return reply.outcome


Script = Callable[[Shop, Buyer], Awaitable[None]]


async def pays(shop: Shop, buyer: Buyer) -> None:
    """Buys, and the money is taken at once."""
    await buyer.check_out(shop, "ok")
    await shop.work_off()


async def pays_and_never_hears(shop: Shop, buyer: Buyer) -> None:
    """The bank takes the money, its answer never comes."""
    await buyer.check_out(shop, "lost_answer")
    await shop.work_off()


async def is_declined_and_pays_again(shop: Shop, buyer: Buyer) -> None:
    """A declined card, then a good one."""
    declined = await buyer.check_out(shop, "declined")
    await buyer.pay_again(shop, declined.order.id, "ok")
    await shop.work_off()


async def pays_and_cancels(shop: Shop, buyer: Buyer) -> None:
    """A paid order that is cancelled: goods and money go back."""
    bought = await buyer.check_out(shop, "ok")
    await shop.as_(Guest(order_token=buyer.order_token)).orders.cancel(order_id=bought.order.id, reason="not needed")
    await shop.work_off()


async def cancels_before_paying(shop: Shop, buyer: Buyer) -> None:
    """An order whose customer is asked for more, and leaves."""
    bought = await buyer.check_out(shop, "requires_action")
    await shop.as_(Guest(order_token=buyer.order_token)).orders.cancel(order_id=bought.order.id)
    await shop.work_off()


SCRIPTS: dict[Script, bool] = {
    pays: True,
    pays_and_never_hears: True,
    is_declined_and_pays_again: True,
    pays_and_cancels: False,
    cancels_before_paying: False,
}
"""Each story, and whether the customer ends up with the goods."""


async def stocked(place: Premises) -> Buyer:
    """Something on the shelf, and a cart that only needs to be ordered."""
    shop, staff = place.open(), owner()
    prices = {"USD": Price(price=PRICE)}
    variant = NewVariant(sku=SKU, prices=prices)
    product = await shop.as_(staff).catalog.create_product(title="Tea", variants=[variant])
    await shop.as_(staff).catalog.publish_product(product_id=product.id)
    await shop.as_(staff).stock.set_rules(sku=SKU, tracked=True, policy=StockPolicy.DENY)
    await shop.as_(staff).stock.adjust(sku=SKU, to=STOCK, reason="first delivery")
    cart = await shop.as_(Guest()).cart.add_item(sku=SKU, quantity=QUANTITY)
    assert cart.token is not None
    changes = CartChanges(email="ann@example.com", shipping_address=HOME, shipping_method="standard")
    await shop.as_(Guest(cart_token=cart.token)).cart.update(changes=changes)
    return Buyer(cart.token)


async def run(shop: Shop, buyer: Buyer, script: Script) -> bool:
    """Whether the story came to its end; a shop that says "later" is asked later."""
    try:
        await script(shop, buyer)
    except (RequestInProgress, Unavailable):
        return False
    return True


async def recover(place: Premises, buyer: Buyer, script: Script) -> None:
    """Open the shop again, later each time, until the story has ended and everything due is done."""
    for attempt in range(1, 6):
        shop = place.open(later=attempt * LATER)
        if await run(shop, buyer, script):
            break
    else:
        pytest.fail("the story never came to its end")
    for attempt in range(6, 12):
        await place.open(later=attempt * LATER).work_off()


async def assert_books_agree(place: Premises, buyer: Buyer, *, bought: bool) -> None:
    """One order, one charge, the stock, the ledger and the mail: all tell the same story."""
    shop = place.open()
    (order,) = (await shop.as_(owner()).orders.list()).items
    charges = [line for line in await place.bank.gateway.charges() if line.status in {"captured", "refunded"}]
    kept = [line for line in charges if line.status == "captured"]

    assert len(charges) <= 1, "charged twice"
    assert (order.status is OrderStatus.PROCESSING) is bought
    assert len(kept) == int(bought), "charged without an order, or ordered without a charge"
    assert not order.contact.email or order.contact.email == "ann@example.com"
    await assert_stock(place, sold=QUANTITY if bought else 0)
    await assert_ledger(place, order, sum(line.amount.amount for line in kept))
    assert not (await shop.as_(owner()).jobs.list(state=JobState.DEAD)).items
    assert not (await shop.as_(owner()).jobs.list(state=JobState.WAITING)).items
    assert_mails(place, expected=int(bool(charges)))


async def assert_stock(place: Premises, *, sold: int) -> None:
    """On hand and reserved are what was sold, and the movements sum to them."""
    item = (await place.store.levels.find([SKU]))[SKU]
    movements = (await place.store.levels.movements(SKU, None, 100)).items

    assert (item.on_hand, item.reserved) == (STOCK - sold, 0)
    assert sum(movement.on_hand for movement in movements) == item.on_hand
    assert sum(movement.reserved for movement in movements) == item.reserved


async def assert_ledger(place: Premises, order: Order, kept: int) -> None:
    """The gateway holds what its books say it kept, but for its own fees, and nobody owes anything."""
    clearing = await place.store.ledger.balance(Account.CLEARING, order.id)
    fees = await place.store.ledger.balance(Account.FEE, order.id)
    receivable = await place.store.ledger.balance(Account.RECEIVABLE, order.id)
    payment = await place.store.payments.of_order(order.id)

    assert sum(money.amount for money in (*clearing.values(), *fees.values())) == kept
    assert not any(money.amount for money in receivable.values())
    assert payment is not None
    assert (payment.state is PaymentState.SUCCEEDED) or kept == 0


def assert_mails(place: Premises, *, expected: int) -> None:
    """One confirmation for one paid order."""
    folder = Path(place.settings.mail_folder)
    assert len(list(folder.glob("order-confirmation*.eml")) if folder.exists() else []) == expected


def patience(script: Script) -> float:
    """How long a checkout waits for the bank: only where no answer ever comes is it worth a test's time to give up."""
    return 0.05 if script is pays_and_never_hears else 10.0


async def died(shop: Shop, buyer: Buyer, script: Script) -> bool:
    """Whether the process died of it; else the story came to its end."""
    try:
        await script(shop, buyer)
    except Crash:
        return True
    return False


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.__name__)
async def test_a_crash_at_any_boundary_costs_nobody_anything(
    request: pytest.FixtureRequest, store: str, script: Script, tmp_path: Path
) -> None:
    """Whichever step the process dies at, what it had begun is finished once: order, charge, stock, ledger and mail."""
    names = await every_death(tmp_path, script, (), **kept_in(request, store))

    assert {"before commit", "after commit", "before begin"} <= set(names)


@pytest.mark.parametrize(("store", "kinds"), [("sqlite", EVERY_KIND), ("mongo", ABOUT_MONEY)])
async def test_a_crash_while_the_clock_has_work_costs_nobody_anything(
    request: pytest.FixtureRequest, store: str, kinds: frozenset[str], tmp_path: Path
) -> None:
    """Likewise among the jobs of the clock, which are all due in a new shop; on MongoDB those that touch money."""
    names = await every_death(tmp_path, pays, kinds, **kept_in(request, store))

    assert len(names) > 4 * len(kinds), "each is fired, leased, done and completed"


async def every_death(folder: Path, script: Script, due: Collection[str], **where: Any) -> list[str]:
    """Let the story die at its first boundary, at its second, and so on, until it lives; the names of all that it
    crossed then. However many there are: a tick that comes meanwhile has some of its own.
    """
    for step in count(1):
        fuse = Fuse(step)
        async with premises(folder / str(step), payment_timeout_seconds=patience(script), **where) as place:
            buyer = await stocked(place)
            await place.tended(but=due)
            has_died = await died(place.open(fuse), buyer, script)
            await recover(place, buyer, script)
            await assert_books_agree(place, buyer, bought=SCRIPTS[script])
        if not has_died:
            return fuse.names
    raise AssertionError("counting ended")


class Forgetful(FusedGateway):
    """The planted bug: it takes money under a key of its own each time it is called."""

    calls = 0

    async def begin(self, payment: Payment) -> Report:
        Forgetful.calls += 1
        report = await self.inner.begin(msgspec.structs.replace(payment, attempt=1_000 + Forgetful.calls))
        return msgspec.structs.replace(report, attempt=payment.attempt)


async def test_a_gateway_that_forgets_its_keys_is_noticed(tmp_path: Path) -> None:
    """The check above sees a double charge: with a key that changes with every call, some crash point shows one."""
    doubled = 0
    for step in range(1, 8):
        async with premises(tmp_path / str(step)) as place:
            place.world = replace(place.world, gateways={"bogus": Forgetful(place.bank.gateway, Fuse())})
            buyer = await stocked(place)
            with pytest.raises(Crash):
                await pays(place.open(Fuse(step)), buyer)
            await recover(place, buyer, pays)
            taken = [line for line in await place.bank.gateway.charges() if line.status == "captured"]
            doubled += len(taken) > 1

    assert doubled
