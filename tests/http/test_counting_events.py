"""The report on carts and orders, and the stream of events in Redis: two ways to count the same things."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from tests.http.conftest import ORDER, PRODUCTS, client_of, settings_for
from tests.http.people import PASSWORD, joined
from tests.redis_servers import redis_server

from shopcore.operations.model import HappenedEvent, unpack_events
from shopcore.shop import Shop, owner

pytestmark = [pytest.mark.anyio, pytest.mark.both_stores]


@pytest.fixture
async def streaming(tmp_path: Path, kept_on: None) -> AsyncIterator[tuple[Shop, httpx.AsyncClient]]:
    """A shop whose events go into a real Redis."""
    with redis_server(tmp_path) as server:
        async with (
            Shop.open(settings_for(tmp_path, redis_url=server.url)) as shop,
            client_of(shop) as client,
        ):
            await shop.as_(owner()).catalog.import_products(file=shop.product_file(PRODUCTS))
            yield shop, client


async def fill(client: httpx.AsyncClient, quantity: int = 1, headers: dict[str, str] | None = None) -> dict[str, str]:
    answer = await client.post("/cart/items", json={"sku": "CAP", "quantity": quantity}, headers=headers)
    return headers or {"X-Cart-Token": answer.headers["x-cart-token"]}


async def order(client: httpx.AsyncClient, cart: dict[str, str], method: str) -> httpx.Response:
    command = {**ORDER, "payment": {"method": method}}
    return await client.post("/cart/checkout", json=command, headers={**cart, "Idempotency-Key": cart_key(cart)})


def cart_key(cart: dict[str, str]) -> str:
    return next(iter(cart.values()))[-20:]


async def everything(shop: Shop) -> list[HappenedEvent]:
    return list(await shop.as_(owner()).events.read(limit=1_000))


async def test_the_stream_comes_to_the_figures_of_the_report(streaming: tuple[Shop, httpx.AsyncClient]) -> None:
    """Of a day with a bit of everything: left, merged, paid, held, and ended unpaid; also where events come twice."""
    shop, client = streaming
    ada = await joined(client, shop)
    await fill(client)
    await fill(client, headers=ada.headers)
    shown = {"email": ada.email, "password": PASSWORD}
    await client.post("/auth/login", json=shown, headers=await fill(client))
    bought = [await order(client, ada.headers, "ok"), await order(client, await fill(client, 2), "ok")]
    unpaid = (await order(client, await fill(client), "declined")).json()
    token = {"X-Order-Token": unpaid["order_token"]}
    ended = await client.post(f"/orders/{unpaid['order']['id']}/cancel", headers=token)
    await shop.work_off()
    told = await everything(shop)
    old = HappenedEvent(id="of-before", name="order_paid", at=datetime.now(UTC), figures={"order_id": "o1"})
    await shop._world.shared.events.append([old, *told[::2]])  # type: ignore[union-attr] # there is a Redis
    now = datetime.now(UTC)
    span = {"since": now - timedelta(hours=1), "until": now}
    reports = shop.as_(owner()).reports
    noted, recounted = await reports.funnel(**span), await reports.recount_funnel(**span)

    assert [answer.status_code for answer in (*bought, ended)] == [201, 201, 200], ended.text
    assert (noted.carts, noted.open, noted.orders, noted.paid) == (4, 1, 3, 2)
    assert (recounted.funnel, recounted.left_out) == (noted, 1)
    assert len(await everything(shop)) > len(told)


async def test_the_report_is_made_of_the_very_events_of_the_stream(streaming: tuple[Shop, httpx.AsyncClient]) -> None:
    """Under one name and one id: whoever keeps both can tell what was counted."""
    shop, client = streaming
    await order(client, await fill(client), "ok")
    jobs = (await shop.as_(owner()).jobs.list(limit=100)).items
    noted = {
        each.id: each for job in jobs if job.kind == "note_journey" for each in unpack_events(job.payload["events"])
    }
    await shop.work_off()
    told = {each.id: each for each in await everything(shop)}

    assert {each.name for each in noted.values()} == {"cart_opened", "order_paid"}
    assert all(told[each.id].figures == each.figures for each in noted.values())
