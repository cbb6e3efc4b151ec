"""Catalogue pages that several servers share: made by one, and as old for all."""

import asyncio
from typing import Any

import pytest
from tests.http.cached_shop import Clock, Shop, clock, page, shop

from shop_http.middleware.metrics import Metrics
from shop_http.middleware.page_cache import LIFETIME, Page, PageCache, Pages
from shopcore.operations.ports import SharedPage

__all__ = ["clock", "shop"]

pytestmark = pytest.mark.anyio


class Others:
    """Pages that the servers of a shop give to each other, with the slowness of a network."""

    def __init__(self) -> None:
        self.kept: dict[tuple[bytes, int], bytes] = {}
        self.asked = 0
        self.age_seconds = 0.0

    async def find(self, key: bytes, revision: int) -> SharedPage:
        self.asked += 1
        await asyncio.sleep(0)
        content = self.kept.get((key, revision))
        return SharedPage(content=content, age_seconds=self.age_seconds, looked_at=None if content else 1)

    async def keep(self, key: bytes, revision: int, content: bytes, looked_at: int | None) -> None:
        if looked_at is not None:
            self.kept[key, revision] = content


@pytest.fixture
def others() -> Others:
    return Others()


@pytest.fixture
def servers(shop: Shop, clock: Clock, others: Others) -> list[PageCache]:
    """Two of one shop."""
    return [
        PageCache(shop, revision=shop.current, metrics=Metrics(), pages=Pages(now=clock), others=lambda: others)
        for _ in range(2)
    ]


async def get(cache: PageCache) -> tuple[int, bytes, dict[bytes, bytes]]:
    """One page."""
    scope: Any = {
        "type": "http",
        "method": "GET",
        "path": "/products/tee",
        "raw_path": b"/products/tee",
        "query_string": b"",
        "headers": [],
    }
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError("nothing here reads a body")

    await cache(scope, receive, send)
    return sent[0]["status"], b"".join(each["body"] for each in sent[1:]), dict(sent[0]["headers"])


async def test_of_two_servers_one_makes_the_page(servers: list[PageCache], shop: Shop) -> None:
    """The other gives it byte for byte, headers and all."""
    answers = [await get(server) for server in servers]

    assert shop.asked == 1
    assert answers[0] == answers[1]


async def test_a_stampede_asks_the_others_once_and_the_shop_once(
    servers: list[PageCache], shop: Shop, others: Others, clock: Clock
) -> None:
    """Of a hundred readers of a page that has just ended one looks, in each server and each time."""
    for second in range(1, 4):
        answers = await asyncio.gather(*(get(servers[0]) for _ in range(100)))
        others.kept.clear()
        clock.time += LIFETIME + 0.001

        assert shop.asked == others.asked == second
        assert {body for _, body, _ in answers} == {b"%d" % second}


async def test_a_page_of_another_server_is_as_old_as_it_is(
    servers: list[PageCache], shop: Shop, others: Others, clock: Clock
) -> None:
    """Its second is not begun anew."""
    one, other = servers
    await get(one)
    others.age_seconds = 0.9
    await get(other)
    clock.time += 0.2
    others.kept.clear()

    assert (await get(other))[1] == b"2"


async def test_what_another_release_has_kept_is_not_read(servers: list[PageCache], shop: Shop, others: Others) -> None:
    """Nor does it hurt."""
    others.kept[b"/products/tee?", 1] = b"another form"

    assert (await get(servers[0]))[:2] == (200, b"1")


async def test_a_refusal_is_not_given_to_the_others(servers: list[PageCache], shop: Shop, others: Others) -> None:
    shop.status = 404
    await get(servers[0])

    assert others.kept == {}


async def test_a_planted_bug_is_noticed(shop: Shop, clock: Clock) -> None:
    """A cache that forgets to compare revisions shows an old price; the check above would see it."""

    class Forgetful(Pages):
        def find(self, key: bytes, revision: int) -> Page | None:
            return self._kept.get(key)

    pages = Forgetful(now=clock)

    async def make(_: float) -> Page:
        return page(1)

    await pages.make(b"k", 1, make)
    assert pages.find(b"k", 2) is not None
    assert Pages.find(pages, b"k", 2) is None
