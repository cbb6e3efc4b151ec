"""What a customer waits for: one mail when it can be had again."""

from datetime import datetime

import msgspec
from litestar import delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response.base import ASGIResponse

from shop_http.answers import json_answer, no_content
from shop_http.openapi import OPERATION, Operation
from shop_http.visit import Visit
from shopcore.kernel.ids import VariantId


class WatchShown(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is waited for."""

    variant_id: str
    since: datetime


class Watches(msgspec.Struct, frozen=True, kw_only=True):
    """All of it."""

    items: tuple[WatchShown, ...]
    next_cursor: None = None


@get(
    "/me/stock-watches",
    opt={OPERATION: Operation(tag="accounts", answers={200: Watches}, signed_in=True, answer_headers=("ETag",))},
)
async def list_watches(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Show what one waits for."""
    found = await visit.view.messages.watches()
    items = tuple(WatchShown(variant_id=each.variant_id, since=each.since) for each in found)
    return visit.shown(json_answer(Watches(items=items)))


@put(
    "/me/stock-watches/{variant_id:str}",
    status_code=200,
    opt={OPERATION: Operation(tag="accounts", answers={204: None}, signed_in=True, refuses=(404, 409))},
)
async def put_watch(visit: NamedDependency[Visit], variant_id: FromPath[str]) -> ASGIResponse:
    """Wait for a variant: one mail, to a verified mailbox, when it can be had."""
    await visit.view.messages.watch(variant_id=VariantId(variant_id))
    return no_content().to_asgi()


@delete(
    "/me/stock-watches/{variant_id:str}",
    status_code=200,
    opt={OPERATION: Operation(tag="accounts", answers={204: None}, signed_in=True)},
)
async def remove_watch(visit: NamedDependency[Visit], variant_id: FromPath[str]) -> ASGIResponse:
    """Wait for it no more."""
    await visit.view.messages.unwatch(variant_id=VariantId(variant_id))
    return no_content().to_asgi()


ROUTES = (list_watches, put_watch, remove_watch)
