"""Running an import twice: the second run writes nothing at all, whatever the file."""

from datetime import datetime

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.operations.exports import EXPORT, export, mug, shirt
from tests.unit.operations.shop import Shop, new_shop

from shopcore.catalog.model import Product
from shopcore.inventory.model import LevelChange
from shopcore.kernel.events import Event
from shopcore.operations.model import ImportedProduct, Refusal
from shopcore.operations.steps.take_product import NewIds, TakeProduct

pytestmark = pytest.mark.anyio


async def check_second_run_changes_nothing(shop: Shop, content: bytes) -> None:
    """Not a row in any table, though the shop sold and bought in between."""
    await shop.take_in_file(content)
    for item in (await shop.levels.page(None, 100)).items:
        await shop.levels.adjust(item.sku, 5, reason="found", movement_id=f"found/{item.sku}", at=shop.clock.now())
    before = await shop.everything()
    report = await shop.take_in_file(content)

    assert await shop.everything() == before
    assert (report.created, report.updated) == (0, 0)


async def test_a_second_run_changes_nothing(shop: Shop) -> None:
    await check_second_run_changes_nothing(shop, EXPORT)


sizes = st.sampled_from(["S", "M", "s", ""])
cells = st.fixed_dictionaries(
    {},
    optional={
        "Variant_SKU": st.sampled_from(["A", "B", "MUG", ""]),
        "Variant_Price": st.sampled_from(["1", "2.50", "", "free"]),
        "Variant_Compare_At_Price": st.sampled_from(["", "30"]),
        "Variant_Inventory_Tracker": st.sampled_from(["", "shopify"]),
        "Variant_Inventory_Qty": st.sampled_from(["", "0", "7", "-1", "1.5"]),
        "Variant_Inventory_Policy": st.sampled_from(["deny", "continue", "maybe"]),
        "Type": st.sampled_from(["", "Clothes", "clothes", "服"]),
        "Tags": st.sampled_from(["", "a, b, a"]),
        "Published": st.sampled_from(["true", "false", ""]),
        "Image_Src": st.sampled_from(["", "https://example.com/1.jpg", "1.jpg"]),
    },
)
mugs = st.builds(lambda handle, given: mug(Handle=handle, **given), st.sampled_from(["mug", "cup", "Mug_2"]), cells)
shirts = st.builds(lambda size, given: shirt(size, **given), sizes, cells)
exports = st.lists(mugs | shirts, max_size=6).map(lambda rows: export(*rows))


@settings(max_examples=40)
@given(content=exports)
async def test_a_second_run_changes_nothing_whatever_the_file(content: bytes) -> None:
    async with new_shop() as shop:
        await check_second_run_changes_nothing(shop, content)


class ForgetsWhatItImported(TakeProduct):
    """Takes the figure of the file each time, so that what was sold in between is on the shelf again."""

    async def _stock(
        self, wanted: ImportedProduct, product: Product, run: str, now: datetime
    ) -> tuple[bool, tuple[Event, ...], tuple[Refusal, ...]]:
        answer = await TakeProduct._stock(self, wanted, product, run, now)
        for variant in wanted.variants:
            if variant.quantity is not None:
                again = LevelChange(sku=variant.sku, movement_id=f"{run}/again/{variant.sku}", on_hand=variant.quantity)
                await self.levels.take_in([again], reason="import", at=now)
        return answer


class WritesAnyway(TakeProduct):
    """Records each product of the file, whether anything changed or not."""

    async def _store(self, wanted: ImportedProduct, present: Product | None, ids: NewIds, now: datetime) -> Product:
        product = await TakeProduct._store(self, wanted, present, ids, now)
        return await self.products.update(product.id, lambda current: msgspec.structs.replace(current, updated_at=now))


@pytest.mark.parametrize("planted", [ForgetsWhatItImported, WritesAnyway])
async def test_that_check_notices_a_mistake(planted: type[TakeProduct]) -> None:
    async with new_shop(planted) as shop:
        with pytest.raises(AssertionError):
            await check_second_run_changes_nothing(shop, EXPORT)
