"""Two servers of one shop with Redis between them, and what they do without it."""

import asyncio
import json
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.structs import replace
from tests.http.conftest import ORDER, PRODUCTS, client_of, lasting, log_lines, settings_for
from tests.redis_servers import RedisServer, redis_server

from shopcore.catalog.model import Price, Product
from shopcore.kernel.money import Money
from shopcore.shop import Shop, owner

pytestmark = pytest.mark.anyio

_SOON = 10.0  # seconds, on the slowest machine
_PROMISE = 1.0  # second, within which another server's change is seen


@pytest.fixture
def redis(tmp_path: Path) -> Any:
    with redis_server(tmp_path) as server:
        yield server


class Side:
    """One server of the shop."""

    def __init__(self, shop: Shop, client: httpx.AsyncClient) -> None:
        self.shop = shop
        self.client = client

    async def price(self) -> int:
        """What its page says the cap costs."""
        page = (await self.client.get("/products/wool-cap")).json()
        amount: int = page["variants"][0]["price"]["amount"]
        return amount

    async def change_price(self, amount: int) -> None:
        """What the merchant does through this server."""
        catalog = self.shop.as_(owner()).catalog
        product = await catalog.find_product(id_or_slug="wool-cap")

        def change(cap: Product) -> Product:
            variants = [replace(each, prices={"USD": Price(price=Money(amount, "USD"))}) for each in cap.variants]
            return replace(cap, variants=tuple(variants))

        await catalog.update_product(product_id=product.id, change=change)

    async def ready(self) -> dict[str, Any]:
        """What probes are told."""
        answer = await self.client.get("/health/ready")
        assert answer.status_code == 200
        told: dict[str, Any] = answer.json()
        return told

    async def figure(self, name: str) -> float:
        """One of its figures."""
        text = (await self.client.get("/metrics")).text
        return next(float(line.split()[-1]) for line in text.splitlines() if line.startswith(f"{name} "))


@pytest.fixture
async def sides(redis: RedisServer, tmp_path: Path) -> AsyncIterator[tuple[Side, Side]]:
    settings = settings_for(tmp_path, **lasting(tmp_path), redis_url=redis.url, rate_limits="on")
    async with AsyncExitStack() as stack:
        sides = []
        for _ in range(2):
            shop = await stack.enter_async_context(Shop.open(settings))
            sides.append(Side(shop, await stack.enter_async_context(client_of(shop))))
        one, other = sides
        await one.shop.as_(owner()).catalog.import_products(file=one.shop.product_file(PRODUCTS))
        yield one, other


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = _SOON) -> None:
    """Ask again and again, and fail if it does not become true."""
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 - what is waited for happens in another process
            await asyncio.sleep(0.01)


async def hearing(*sides: Side) -> None:
    """Wait until these servers hear each other."""
    for side in sides:

        async def hears(side: Side = side) -> bool:
            await side.price()
            return await side.figure("shop_redis_signals_heard") == 1

        await until(hears)


async def buy_a_cap(side: Side) -> int:
    """Order one, and say what it cost."""
    cart = await side.client.post("/cart/items", json={"sku": "CAP", "quantity": 1})
    headers = {"X-Cart-Token": cart.headers["x-cart-token"], "Idempotency-Key": str(uuid.uuid4())}
    command = {**ORDER, "payment": {"method": "ok"}}
    bought = await side.client.post("/cart/checkout", json=command, headers=headers)
    assert bought.status_code == 201, bought.text
    charged: int = bought.json()["order"]["lines"][0]["unit_price"]["amount"]
    return charged


@pytest.mark.both_stores
async def test_a_price_changed_through_one_server_is_seen_through_the_other(sides: tuple[Side, Side]) -> None:
    """Within a second, twenty times in a row; through the server that changed it at once."""
    one, other = sides
    await hearing(one, other)
    for amount in range(1_000, 1_020):
        await one.change_price(amount)

        assert await one.price() == amount
        await until(partial(_shows, other, amount), _PROMISE)


async def test_a_change_whose_word_is_lost_is_seen_within_the_second_too(
    sides: tuple[Side, Side], redis: RedisServer
) -> None:
    """Redis takes the word and tells nobody; until the other server notices, a held revision ends by itself."""
    one, other = sides
    await hearing(one, other)
    before = await other.price()
    redis.freeze()
    try:
        await one.change_price(before + 1)
        await until(lambda: _shows(other, before + 1), _PROMISE)
    finally:
        redis.thaw()


@pytest.mark.both_stores
async def test_an_old_price_is_never_charged(sides: tuple[Side, Side], redis: RedisServer) -> None:
    """Not even by a server that has not heard of the new one: the quote asks the store."""
    one, other = sides
    await hearing(one, other)
    redis.freeze()
    try:
        await other.price()
        await one.change_price(4_321)

        assert await buy_a_cap(other) == 4_321
    finally:
        redis.thaw()


async def _shows(side: Side, amount: int) -> bool:
    return await side.price() == amount


async def test_a_hot_page_costs_no_look_at_the_store(sides: tuple[Side, Side]) -> None:
    """The revision is held for half a second while words come through."""
    one, _ = sides
    await hearing(one)
    asked, began = await one.figure('shop_catalog_revisions_total{from="store"}'), time.monotonic()
    for _ in range(100):
        await one.price()
    seconds = time.monotonic() - began

    assert await one.figure('shop_catalog_revisions_total{from="store"}') - asked <= 2 + seconds / 0.5
    assert await one.figure('shop_catalog_revisions_total{from="memory"}') >= 98 - seconds / 0.5


async def test_a_page_that_one_server_has_made_is_given_to_the_others(sides: tuple[Side, Side]) -> None:
    """With the same tag, so that what a browser holds is good for each of them."""
    one, other = sides
    await hearing(one, other)
    tags: list[set[str]] = []

    async def is_shared() -> bool:
        answers = [await side.client.get("/products/rain-coat") for side in (one, other)]
        tags.append({answer.headers["etag"] for answer in answers})
        return await other.figure('shop_http_pages_total{from="others"}') > 0

    await until(is_shared)

    assert len(set.union(*tags)) == 1


async def test_a_shop_whose_redis_is_killed_sells_on_and_finds_it_again(
    sides: tuple[Side, Side], redis: RedisServer
) -> None:
    """Probes are told, and told again when it is over; nobody else notices."""
    one, _ = sides
    await hearing(one)
    well = await one.ready()
    redis.kill()
    await until(lambda: _is(one, "degraded"))
    degraded, charged = await one.ready(), await buy_a_cap(one)
    limited = await one.figure("shop_rate_limits_by_process_total")
    redis.start()
    await until(lambda: _is(one, "ready"))
    await hearing(one)

    assert well == {"status": "ready", "dependencies": {"store": "up", "redis": "up"}}
    assert degraded["dependencies"]["store"] == "up"
    assert "cannot be reached" in degraded["dependencies"]["redis"]
    assert charged > 0
    assert limited >= 1
    assert await one.figure("shop_redis_signals_lost_total") == 1


async def _is(side: Side, status: str) -> bool:
    told = await side.ready()
    return bool(told["status"] == status)


async def _gave_up(side: Side) -> bool:
    await side.ready()
    return await side.figure("shop_redis_up") == 0


async def test_a_shop_opens_while_redis_is_down(redis: RedisServer, tmp_path: Path) -> None:
    """And uses it once it is there."""
    redis.kill()
    with log_lines() as lines:
        async with (
            Shop.open(settings_for(tmp_path, redis_url=redis.url, rate_limits="on")) as shop,
            client_of(shop) as client,
        ):
            side = Side(shop, client)
            await until(partial(_gave_up, side))
            degraded = await side.ready()
            redis.start()
            await until(lambda: _is(side, "ready"))

    assert degraded["status"] == "degraded"
    lost = [line for line in lines if line["event"] == "redis_lost"]
    assert len(lost) == 1
    assert "REDIS_URL" in lost[0]["reason"]
    assert [line["event"] for line in lines].count("redis_back") == 1


async def test_what_happened_is_told_and_nothing_personal(sides: tuple[Side, Side], redis: RedisServer) -> None:
    """After the act is durable, by a job; ids and figures only."""
    one, other = sides
    await buy_a_cap(one)
    await one.shop.work_off()
    events = await other.shop.as_(owner()).events.read()
    with redis.client as client:
        kept = json.dumps([client.dump(name).hex() for name in client.scan_iter()])

    named = Counter(event.name for event in events)
    sold = [event for event in events if event.name in {"order_placed", "order_paid"}]
    assert named >= Counter({"product_changed": 5, "order_placed": 1, "order_paid": 1})
    assert len({event.figures["order_id"] for event in sold}) == 1
    assert {name for event in sold for name in event.figures} == {
        "order_id",
        "cart_id",
        "placed_at",
        "total",
        "currency",
    }
    for personal in ("Lovelace", "ada@example.com", "London"):
        assert personal.encode().hex() not in kept
        assert personal not in repr(events)
