"""Catalogue pages from memory: fresh, bounded, made once."""

import asyncio
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.http.cached_shop import Ask, Clock, Shop, clock, page, said_in, settled, shop

from shop_http.middleware.metrics import Metrics
from shop_http.middleware.page_cache import LIFETIME, Page, PageCache, Pages
from shopcore.kernel.correlation import correlation_id

__all__ = ["clock", "shop"]

pytestmark = pytest.mark.anyio


@pytest.fixture
def ask(shop: Shop, clock: Clock) -> Ask:
    cache = PageCache(shop, revision=shop.current, metrics=Metrics(), pages=Pages(now=clock))

    async def ask(target: str = "/products/tee", method: str = "GET", headers: tuple[Any, ...] = ()) -> Any:
        path, _, query = target.partition("?")
        scope: Any = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": list(headers),
        }
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        async def receive() -> Any:
            raise AssertionError("nothing here reads a body")

        await cache(scope, receive, send)
        return sent[0]["status"], b"".join(each["body"] for each in sent[1:]), dict(sent[0]["headers"]), scope

    return ask


async def test_a_page_is_made_once_within_its_second(ask: Ask, shop: Shop, clock: Clock) -> None:
    first = await ask()
    clock.time = LIFETIME
    second = await ask()

    assert (first[0], first[1]) == (second[0], second[1]) == (200, b"1")
    assert shop.asked == 1


async def test_a_page_is_never_older_than_a_second(ask: Ask, clock: Clock) -> None:
    """Counted from before it was made, so that a slow shop does not lengthen it."""
    await ask()
    clock.time = LIFETIME + 0.001

    assert (await ask())[1] == b"2"


async def test_a_change_of_the_catalogue_is_seen_at_once(ask: Ask, shop: Shop) -> None:
    await ask()
    shop.revision += 1

    assert (await ask())[1] == b"2"


async def test_the_whole_target_is_the_key(ask: Ask, shop: Shop) -> None:
    targets = ["/products/tee", "/products/cap", "/products/tee?currency=EUR", "/products/tee?currency=USD"]
    for _ in range(2):
        for target in targets:
            await ask(target)

    assert shop.asked == len(targets)


@pytest.mark.parametrize(("method", "target"), [("POST", "/products/tee"), ("GET", "/cart"), ("GET", "/orders/1")])
async def test_nothing_else_is_kept(ask: Ask, shop: Shop, method: str, target: str) -> None:
    await ask(target, method)
    await ask(target, method)

    assert shop.asked == 2


@pytest.mark.parametrize("status", [404, 422, 500, 503])
async def test_a_refusal_is_passed_on_and_not_kept(ask: Ask, shop: Shop, status: int) -> None:
    shop.status = status

    told = [await ask(), await ask()]

    assert [(code, said_in(body)) for code, body, *_ in told] == [(status, "1"), (status, "2")]


async def test_where_its_maker_goes_away_one_of_the_others_makes_the_page(ask: Ask, shop: Shop) -> None:
    """And not all of them at once."""
    shop.gate.clear()
    maker, *wanting = [asyncio.create_task(ask()) for _ in range(50)]
    await settled()
    maker.cancel()
    await settled()
    asked_by_then = shop.asked
    shop.gate.set()
    answers = await asyncio.gather(*wanting)

    assert asked_by_then == shop.asked == 2
    assert {body for _, body, *_ in answers} == {b"2"}


async def test_many_who_want_the_same_page_wait_for_one(ask: Ask, shop: Shop) -> None:
    shop.gate.clear()
    wanting = [asyncio.create_task(ask()) for _ in range(50)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    shop.gate.set()
    answers = await asyncio.gather(*wanting)

    assert shop.asked == 1
    assert {body for _, body, _, _ in answers} == {b"1"}


@pytest.mark.parametrize("status", [404, 503])
async def test_many_who_want_a_page_that_is_refused_are_told_by_one_look(ask: Ask, shop: Shop, status: int) -> None:
    """Else a product that was archived a moment ago costs as many looks as there are who wait for it."""

    async def asked_as(name: str) -> tuple[int, bytes, dict[bytes, bytes]]:
        correlation_id.set(name)
        code, body, headers, scope = await ask()
        assert scope["path_template"] == "/products/{id_or_slug}"
        return code, body, headers

    shop.gate.clear()
    shop.status = status
    wanting = [asyncio.create_task(asked_as(f"visit {number}")) for number in range(50)]
    await settled()
    shop.gate.set()
    answers = await asyncio.gather(*wanting)

    assert shop.asked == 1
    assert {code for code, *_ in answers} == {status}
    assert [msgspec.json.decode(body)["correlation_id"] for _, body, _ in answers[1:]] == [
        f"visit {number}" for number in range(1, 50)
    ]
    assert {int(headers[b"content-length"]) - len(body) for _, body, headers in answers[1:]} == {0}


@pytest.mark.parametrize("status", [401, 422, 500])
async def test_who_waited_for_what_is_told_to_one_alone_asks_anew(ask: Ask, shop: Shop, status: int) -> None:
    """Who has the wrong token is nobody else, and an unforeseen failure is logged under one correlation id."""
    shop.gate.clear()
    shop.status = status
    wanting = [asyncio.create_task(ask()) for _ in range(3)]
    await settled()
    shop.gate.set()
    answers = await asyncio.gather(*wanting)

    assert sorted(said_in(body) for _, body, _, _ in answers) == ["1", "2", "3"]


async def test_when_the_one_who_makes_it_goes_away_the_others_still_get_it(ask: Ask, shop: Shop) -> None:
    shop.gate.clear()
    maker = asyncio.create_task(ask())
    await asyncio.sleep(0)
    waiting = asyncio.create_task(ask())
    await asyncio.sleep(0)
    maker.cancel()
    await asyncio.sleep(0)
    shop.gate.set()

    assert (await waiting)[0] == 200


async def test_a_change_while_a_page_is_made_makes_it_anew(ask: Ask, shop: Shop) -> None:
    """What was begun before the change is not shown to whoever asks after it."""
    shop.gate.clear()
    before = asyncio.create_task(ask())
    await asyncio.sleep(0)
    shop.revision += 1
    after = asyncio.create_task(ask())
    await asyncio.sleep(0)
    shop.gate.set()

    assert ((await before)[1], (await after)[1]) == (b"1", b"2")


async def test_who_has_the_bytes_gets_304(ask: Ask) -> None:
    etag = (await ask())[2][b"etag"]
    status, body, headers, _ = await ask(headers=((b"if-none-match", b'"other", W/' + etag),))

    assert (status, body) == (304, b"")
    assert headers[b"etag"] == etag
    assert b"content-length" not in headers
    assert (await ask(headers=((b"if-none-match", b'"other"'),)))[0] == 200


async def test_a_kept_page_still_names_its_route(ask: Ask) -> None:
    """The log and the figures need it."""
    await ask()

    assert (await ask())[3]["path_template"] == "/products/{id_or_slug}"


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 60)), max_size=60))
async def test_what_is_kept_is_bounded(asked: list[tuple[int, int]]) -> None:
    """In pages and in bytes, whatever is asked for; and what was just made is the last to go."""
    pages = Pages(max_pages=10, max_bytes=200, now=Clock())
    for key, size in asked:

        async def make(_: float, size: int = size) -> Page:
            return page(size)

        await pages.make(b"%d" % key, 1, make)
        kept = pages._kept

        assert len(kept) <= 10
        assert sum(len(each.body) for each in kept.values()) == pages._bytes <= 200
        assert pages.find(b"%d" % key, 1) is not None
