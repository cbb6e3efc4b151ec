"""What staff do to the stock, over the embedded store."""

import dataclasses
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import msgspec
import pytest
from tests.unit.operations.exports import mug
from tests.unit.operations.shop import Shop, new_shop

from shopcore.adapters.local.keys import new_key_ring
from shopcore.adapters.local.sealing import HmacSigner
from shopcore.adapters.sqlite.reservations import SqliteReservations
from shopcore.inventory.errors import StockItemNotFound, WouldOversell
from shopcore.inventory.events import StockAdjusted
from shopcore.inventory.model import MAX_LEVEL, StockItem, StockLine, hold
from shopcore.inventory.use_cases.adjust_stock import AdjustStock
from shopcore.inventory.use_cases.list_movements import ListMovements
from shopcore.inventory.use_cases.list_stock import ListStock
from shopcore.kernel.actor import Guest, Staff
from shopcore.kernel.errors import Forbidden, InvalidInput, Unauthenticated
from shopcore.kernel.ids import OrderId, Sku
from shopcore.kernel.paging import InvalidCursor

pytestmark = pytest.mark.anyio

PACKER = Staff(name="packer", permissions=frozenset({"inventory:write", "inventory:read"}))
EDITOR = Staff(name="editor", permissions=frozenset({"catalog:write"}))
MUG = Sku("MUG")


class Desk:
    """A packer's acts on a shop that has ten mugs and four cups."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.adjust = AdjustStock(
            unit_of_work=shop.unit_of_work,
            levels=shop.levels,
            events=shop.events,
            audit=shop.audit,
            clock=shop.clock,
            ids=shop.ids,
        )
        signer = HmacSigner(new_key_ring())
        self.list = ListStock(levels=shop.levels, signer=signer)
        self.movements = ListMovements(levels=shop.levels, signer=signer)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with new_shop() as shop:
        tracked = {"Variant_Inventory_Tracker": "shopify"}
        await shop.take_in(
            mug(Variant_Inventory_Qty="10", **tracked), mug(Handle="cup", Variant_Inventory_Qty="4", **tracked)
        )
        shop.heard.clear()
        yield Desk(shop)


@pytest.mark.parametrize(("change", "expected"), [({"by": -3}, 7), ({"by": 5}, 15), ({"to": 2}, 2), ({"to": 0}, 0)])
async def test_a_level_is_changed_by_or_to(desk: Desk, change: dict[str, int], expected: int) -> None:
    """With a movement that gives the reason, an event, and an entry in the log."""
    item = await desk.adjust(PACKER, sku=MUG, reason="counted", **change)
    newest = (await desk.movements(PACKER, sku=MUG)).items[0]
    entry = (await desk.shop.audit_log.page(None, 100)).items[-1]

    assert item.on_hand == expected
    assert (newest.on_hand, newest.reason) == (expected - 10, "counted")
    assert desk.shop.heard == [StockAdjusted(at=desk.shop.clock.now(), sku=MUG, on_hand=expected)]
    assert (entry.action, entry.actor, entry.after["on_hand"]) == ("stock.adjusted", "staff:packer", str(expected))


async def test_an_adjustment_is_told_as_its_own_whoever_buys_meanwhile(desk: Desk) -> None:
    """A store may show a level of before somebody's purchase: five more are five more."""

    class Earlier:
        def __getattr__(self, name: str) -> Any:
            return getattr(desk.shop.levels, name)

        async def find(self, skus: Sequence[Sku]) -> Mapping[Sku, StockItem]:
            found = await desk.shop.levels.find(skus)
            return {sku: msgspec.structs.replace(item, on_hand=item.on_hand + 5) for sku, item in found.items()}

    await dataclasses.replace(desk.adjust, levels=Earlier())(PACKER, sku=MUG, by=5, reason="found")
    entry = (await desk.shop.audit_log.page(None, 100)).items[-1]

    assert (entry.before["on_hand"], entry.after["on_hand"]) == ("10", "15")
    assert desk.shop.heard == [StockAdjusted(at=desk.shop.clock.now(), sku=MUG, on_hand=15)]


async def test_a_count_that_was_right_changes_nothing(desk: Desk) -> None:
    before = await desk.shop.everything()
    await desk.adjust(PACKER, sku=MUG, to=10, reason="counted")

    assert await desk.shop.everything() == before


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({}, "by"),
        ({"by": 1, "to": 1}, "by"),
        ({"by": 0}, "by"),
        ({"by": MAX_LEVEL + 1}, "by"),
        ({"to": -1}, "to"),
        ({"to": MAX_LEVEL + 1}, "to"),
        ({"to": 1, "reason": " "}, "reason"),
        ({"to": 1, "reason": "x" * 201}, "reason"),
    ],
)
async def test_an_adjustment_says_one_thing_and_why(desk: Desk, arguments: dict[str, Any], field: str) -> None:
    before = await desk.shop.everything()
    with pytest.raises(InvalidInput) as refused:
        await desk.adjust(PACKER, **{"sku": MUG, "reason": "counted", **arguments})

    assert [error.field for error in refused.value.errors] == [field]
    assert await desk.shop.everything() == before


@pytest.mark.parametrize("change", [{"by": -5}, {"to": 5}])
async def test_what_is_promised_cannot_be_taken_away(desk: Desk, change: dict[str, int]) -> None:
    now = desk.shop.clock.now()
    promised = hold(OrderId("order"), [StockLine(sku=MUG, quantity=6)], now)
    await SqliteReservations(desk.shop.database).reserve(promised, now)
    before = await desk.shop.everything()
    with pytest.raises(WouldOversell):
        await desk.adjust(PACKER, sku=MUG, reason="broken", **change)

    assert await desk.shop.everything() == before


async def test_levels_and_movements_are_listed_by_page(desk: Desk) -> None:
    """A cursor is good for its own list only."""
    await desk.adjust(PACKER, sku=MUG, by=1, reason="found")
    first = await desk.list(PACKER, limit=1)
    second = await desk.list(PACKER, limit=1, cursor=first.next_cursor)
    newest = await desk.movements(PACKER, sku=MUG, limit=1)
    oldest = await desk.movements(PACKER, sku=MUG, limit=1, cursor=newest.next_cursor)

    assert [item.sku for item in (*first.items, *second.items)] == ["CUP", "MUG"]
    assert second.next_cursor is None
    assert [movement.on_hand for movement in (*newest.items, *oldest.items)] == [1, 10]
    with pytest.raises(InvalidCursor):
        await desk.movements(PACKER, sku=Sku("CUP"), cursor=newest.next_cursor)


async def test_an_unknown_sku_is_not_found(desk: Desk) -> None:
    with pytest.raises(StockItemNotFound):
        await desk.adjust(PACKER, sku=Sku("JUG"), to=1, reason="found")
    with pytest.raises(StockItemNotFound):
        await desk.movements(PACKER, sku=Sku("JUG"))


async def test_stock_is_for_those_who_may(desk: Desk) -> None:
    for actor, error in ((Guest(), Unauthenticated), (EDITOR, Forbidden)):
        with pytest.raises(error):
            await desk.adjust(actor, sku=MUG, to=1, reason="counted")
        with pytest.raises(error):
            await desk.list(actor)
        with pytest.raises(error):
            await desk.movements(actor, sku=MUG)
