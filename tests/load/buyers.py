"""Buyers over HTTP, and the books they leave behind."""

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.crashes import ShiftedClock
from tests.load.servers import Server
from tests.load.wire import Answer, Connection, CutOff

from shopcore.adapters.local.failure_log import FailureLog
from shopcore.catalog.model import NewVariant, Price
from shopcore.container.ports import Store
from shopcore.container.root import Container, build_use_cases, running
from shopcore.inventory.model import StockPolicy
from shopcore.jobs.model import JobState
from shopcore.kernel.ids import Sku
from shopcore.kernel.money import Money
from shopcore.ordering.model import Order, OrderStatus
from shopcore.payments.model import Account
from shopcore.settings import Settings
from shopcore.shop import Shop, owner

SKU = Sku("RUSH-1")
ADDRESS = {"name": "Ann Buyer", "line1": "1 Road", "city": "Town", "country": "US"}
_PATIENCE = 200  # tries of one checkout, each after a short pause: longer than a lease and a restart together


def settings_of(folder: Path, store_url: str = "") -> Settings:
    """The shop of a folder, as its servers open it; kept in a file there, unless it is said where."""
    return Settings(
        store_url=store_url or f"sqlite:///{folder / 'shop.db'}",
        keys_file=str(folder / "shop.keys"),
        mail_dir=str(folder / "mail"),
        bogus_file=str(folder / "bogus.db"),
    )


async def stock(folder: Path, on_hand: int, *, store_url: str = "") -> None:
    """One product with so many on the shelf."""
    async with Shop.open(settings_of(folder, store_url)) as shop:
        staff = shop.as_(owner())
        variant = NewVariant(sku=SKU, prices={"USD": Price(price=Money(1_000, "USD"))})
        product = await staff.catalog.create_product(title="Rush", variants=[variant])
        await staff.catalog.publish_product(product_id=product.id)
        await staff.stock.set_rules(sku=SKU, tracked=True, policy=StockPolicy.DENY)
        await staff.stock.adjust(sku=SKU, to=on_hand, reason="first delivery")


class Buyer:
    """Somebody with a connection, a cart that only needs to be ordered, and a key."""

    def __init__(self, url: str, number: int) -> None:
        self.number = number
        self.token = ""
        self._connection = Connection(url)

    async def fill_cart(self) -> None:
        """Put one unit into a new cart and say where it goes to."""
        added = await self._connection.request("POST", "/cart/items", {"sku": SKU, "quantity": 1})
        assert added.status == 200, added.content
        self.token = added.json()["token"]
        contact = {
            "email": f"buyer{self.number}@example.com",
            "shipping_address": ADDRESS,
            "shipping_method": "standard",
        }
        changed = await self._connection.request("PATCH", "/cart", contact, {"X-Cart-Token": self.token})
        assert changed.status == 200, changed.content

    async def check_out(self, connection: Connection | None = None) -> Answer:
        """One request to buy what is in the cart. Raises `CutOff`."""
        headers = {"X-Cart-Token": self.token, "Idempotency-Key": f"order-{self.number}"}
        body = {"payment": {"method": "ok"}}
        return await (connection or self._connection).request("POST", "/cart/checkout", body, headers)

    async def insist(self, url: str) -> Answer:
        """Ask again under the same key until there is an answer, as clients should."""
        connection = Connection(url)
        try:
            for _ in range(_PATIENCE):
                with suppress(CutOff):
                    answer = await self.check_out(connection)
                    if answer.status != 409 or answer.json()["code"] != "request_in_progress":
                        return answer
                await asyncio.sleep(0.1)
        finally:
            await connection.close()
        raise AssertionError("no answer in all that time")

    async def come_again(self) -> Answer:
        """Ask under the same key as long as the store is busy, each time as long after as the answer says."""
        for _ in range(_PATIENCE):
            answer = await self.check_out()
            if answer.status != 503 or answer.json()["code"] != "store_busy":
                return answer
            await asyncio.sleep(float(answer.headers["retry-after"]))
        raise AssertionError("no answer in all that time")

    async def leave(self) -> None:
        """Hang up."""
        await self._connection.close()


@asynccontextmanager
async def crowd(servers: Sequence[Server], count: int, *, at_once: int = 0) -> AsyncGenerator[list[Buyer]]:
    """So many buyers with their carts, spread over the servers; all of them come at once, or so many."""
    buyers = [Buyer(servers[number % len(servers)].url, number) for number in range(count)]
    for first in range(0, count, at_once or count):
        await asyncio.gather(*(buyer.fill_cart() for buyer in buyers[first : first + (at_once or count)]))
    try:
        yield buyers
    finally:
        await asyncio.gather(*(buyer.leave() for buyer in buyers))


@dataclass
class Books:
    """Everything that must tell the same story."""

    orders: list[Order]
    on_hand: int
    reserved: int
    moved_on_hand: int
    moved_reserved: int
    cleared: int
    charges: list[dict[str, Any]]
    mails: int
    dead_jobs: int


@asynccontextmanager
async def opened(settings: Settings, later: timedelta) -> AsyncGenerator[tuple[Shop, Store]]:
    """A shop at a later time, so that nobody has to wait for the leases of a dead process to lapse."""
    async with running(Container(settings=settings, report=FailureLog())) as (_, store, world, bank):
        then = replace(world, clock=ShiftedClock(world.clock, later))
        yield Shop(settings, build_use_cases(settings, store, then, FailureLog()), store, then, bank), store


async def books(folder: Path, later: timedelta = timedelta(), *, store_url: str = "") -> Books:
    """What a shop has written, after everything that is due was done."""
    async with opened(settings_of(folder, store_url), later) as (shop, store):
        await shop.work_off()
        staff = shop.as_(owner())
        orders = await _orders(shop)
        level = next(item for item in (await staff.stock.list()).items if item.sku == SKU)
        movements = await _movements(shop)
        balance = await store.ledger.balance(Account.CLEARING)
        charges = json.loads(json.dumps([_line(line) for line in await shop.bogus.gateway.charges()]))
        dead = (await staff.jobs.list(state=JobState.DEAD)).items
        return Books(
            orders=orders,
            on_hand=level.on_hand,
            reserved=level.reserved,
            moved_on_hand=sum(movement[0] for movement in movements),
            moved_reserved=sum(movement[1] for movement in movements),
            cleared=sum(money.amount for money in balance.values()),
            charges=charges,
            mails=len(list((folder / "mail").glob("order-confirmation*.eml"))),
            dead_jobs=len(dead),
        )


def assert_agree(found: Books, *, bought: int, on_hand: int) -> None:
    """So many orders, each charged once, and every book says so."""
    captured = [charge for charge in found.charges if charge["status"] == "captured"]

    assert len(found.orders) == bought
    assert {order.status for order in found.orders} == {OrderStatus.PROCESSING}
    assert len({order.number for order in found.orders}) == bought
    assert sorted(charge["order_id"] for charge in captured) == sorted(order.id for order in found.orders)
    assert found.cleared == sum(charge["amount"] for charge in captured)
    assert (found.on_hand, found.reserved) == (on_hand - bought, 0)
    assert (found.moved_on_hand, found.moved_reserved) == (found.on_hand, 0)
    assert found.mails == bought
    assert found.dead_jobs == 0


async def _orders(shop: Shop) -> list[Order]:
    found: list[Order] = []
    cursor: str | None = None
    while True:
        page = await shop.as_(owner()).orders.list(limit=100, cursor=cursor)
        found.extend(page.items)
        cursor = page.next_cursor
        if cursor is None:
            return found


async def _movements(shop: Shop) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    cursor: str | None = None
    while True:
        page = await shop.as_(owner()).stock.movements(sku=SKU, limit=100, cursor=cursor)
        found.extend((movement.on_hand, movement.reserved) for movement in page.items)
        cursor = page.next_cursor
        if cursor is None:
            return found


def _line(line: Any) -> dict[str, Any]:
    return {"order_id": line.order_id, "amount": line.amount.amount, "status": line.status}
