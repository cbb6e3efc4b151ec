"""The steps of an import, inside the transaction of one product, and without effect where nothing differs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import msgspec

from shopcore.catalog.errors import CategoryNotFound, ProductNotFound
from shopcore.catalog.events import ProductChanged
from shopcore.catalog.model import Category, Product, check
from shopcore.catalog.ports import Categories, Products, leave_out
from shopcore.inventory.errors import WouldOversell
from shopcore.inventory.events import StockAdjusted
from shopcore.inventory.model import LevelChange, StockItem, StockPolicy
from shopcore.inventory.ports import Levels
from shopcore.kernel.actor import Actor
from shopcore.kernel.audit import Audit
from shopcore.kernel.errors import ShopError
from shopcore.kernel.events import Event, Events
from shopcore.kernel.ids import CategoryId, Ids, ProductId, Sku, VariantId
from shopcore.operations.model import (
    ImportedProduct,
    ImportedVariant,
    Refusal,
    added,
    merged,
    slug_of_category,
    stock_change,
    without,
)


class Fate(StrEnum):
    """What became of a product of the file."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to a product of the file, and which of its rows were not taken."""

    fate: Fate
    refused: tuple[Refusal, ...] = ()


class NewIds(msgspec.Struct, frozen=True, kw_only=True):
    """Ids made beforehand, so that a transaction that is run again makes the same things."""

    product: ProductId
    category: CategoryId
    variants: Mapping[int, VariantId]


def new_ids(ids: Ids, wanted: ImportedProduct) -> NewIds:
    """Enough ids for everything about a product to be new; variants have theirs by row."""
    return NewIds(
        product=ProductId(ids.new()),
        category=CategoryId(ids.new()),
        variants={variant.row: VariantId(ids.new()) for variant in wanted.variants},
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class TakeProduct:
    """Makes the shop's product, its category and its stock as the file wants them, and says so if anything changed."""

    products: Products
    categories: Categories
    levels: Levels
    events: Events
    audit: Audit

    async def __call__(self, actor: Actor, run: str, wanted: ImportedProduct, ids: NewIds, now: datetime) -> Taken:
        """Inside a unit of work. Raises `InvalidInput` or `SkuTaken` for what the file's reader could not see."""
        wanted, refused = await self._free_of_others_skus(wanted)
        if not wanted.variants:
            return Taken(fate=Fate.REFUSED, refused=refused)
        present = await self._present(wanted.slug)
        product = await self._store(wanted, present, ids, now)
        stock_changed, events, refused_stock = await self._stock(wanted, product, run, now)
        if present is not None and product.version == present.version:
            fate = Fate.UPDATED if stock_changed else Fate.UNCHANGED
        else:
            fate = Fate.UPDATED if present else Fate.CREATED
            events = (ProductChanged(at=now, product_id=product.id), *events)
        if fate is not Fate.UNCHANGED:
            await self.events.publish(*events)
            await self._record(actor, run, present, product)
        return Taken(fate=fate, refused=(*refused, *refused_stock))

    async def _free_of_others_skus(self, wanted: ImportedProduct) -> tuple[ImportedProduct, tuple[Refusal, ...]]:
        found = await self.products.find_skus([variant.sku for variant in wanted.variants], leave_out)
        owners = {sku: product.slug for sku, (product, _) in found.items() if product.slug != wanted.slug}
        taken = [variant for variant in wanted.variants if variant.sku in owners]
        refused = tuple(
            _refusal(wanted, variant.row, "Variant SKU", f"{variant.sku} is a SKU of the product {owners[variant.sku]}")
            for variant in taken
        )
        return without(wanted, frozenset(variant.row for variant in taken)), refused

    async def _present(self, slug: str) -> Product | None:
        try:
            return await self.products.get_by_slug(slug)
        except ProductNotFound:
            return None

    async def _store(self, wanted: ImportedProduct, present: Product | None, ids: NewIds, now: datetime) -> Product:
        category_id = await self._category(wanted.category, ids.category)
        variant_ids = [ids.variants[variant.row] for variant in wanted.variants]
        if present is None:
            product = check(added(wanted, ids.product, variant_ids, category_id, now))
            await self.products.add(product)
            return product
        return await self.products.update(
            present.id, lambda current: check(merged(current, wanted, variant_ids, category_id, now))
        )

    async def _category(self, title: str | None, new_id: CategoryId) -> CategoryId | None:
        """The category of that name, added when there is none."""
        if title is None:
            return None
        slug = slug_of_category(title)
        try:
            return (await self.categories.get_by_slug(slug)).id
        except CategoryNotFound:
            await self.categories.add(Category(id=new_id, slug=slug, title=title))
            return new_id

    async def _stock(
        self, wanted: ImportedProduct, product: Product, run: str, now: datetime
    ) -> tuple[bool, tuple[Event, ...], tuple[Refusal, ...]]:
        """A figure that cannot be, because more is promised already, is refused; the product stands all the same."""
        sku_of = {variant.option_values: variant.sku for variant in product.variants}
        rows = {sku_of[variant.option_values]: variant for variant in wanted.variants}
        items = await self.levels.find(list(rows))
        changes = [_level_change(sku, items.get(sku), variant, run) for sku, variant in rows.items()]
        changes = [change for change in changes if change.rules is not None or change.on_hand is not None]
        refused = set(await self.levels.take_in(changes, reason="import", at=now))
        events = tuple(
            StockAdjusted(at=now, sku=change.sku, on_hand=change.on_hand)
            for change in changes
            if change.sku not in refused
            and change.on_hand is not None
            and _differs(change.on_hand, items.get(change.sku))
        )
        refusals = tuple(
            _refusal(wanted, rows[change.sku].row, "Variant Inventory Qty", WouldOversell(change.sku).detail)
            for change in changes
            if change.sku in refused
        )
        has_changed = any(
            change.sku not in refused or _rules_stand(change, items.get(change.sku)) for change in changes
        )
        return has_changed, events, refusals

    async def _record(self, actor: Actor, run: str, before: Product | None, after: Product) -> None:
        """The movements tell the figures of the stock; the entry tells that of the product, and the run."""
        await self.audit.record(
            actor,
            "product.imported",
            f"product/{after.id}",
            before={"version": str(before.version), "status": before.status} if before else {},
            after={"version": str(after.version), "status": after.status, "import": run},
        )


def _level_change(sku: Sku, item: StockItem | None, variant: ImportedVariant, run: str) -> LevelChange:
    change = stock_change(item, variant)
    return LevelChange(sku=sku, movement_id=f"import/{run}/{sku}", rules=change.rules, on_hand=change.on_hand)


def _rules_stand(change: LevelChange, item: StockItem | None) -> bool:
    """Of one that was refused: whether only its figure was."""
    if change.rules is None:
        return False
    return item is None or change.rules != (True, StockPolicy.DENY) or min(item.on_hand, item.available) >= 0


def _differs(on_hand: int, item: StockItem | None) -> bool:
    return on_hand != (item.on_hand if item else 0)


def refusals_of(wanted: ImportedProduct, error: ShopError) -> tuple[Refusal, ...]:
    """Why the shop did not take a product, under its first row."""
    if not error.errors:
        return (_refusal(wanted, wanted.row, "Handle", error.detail),)
    return tuple(_refusal(wanted, wanted.row, fault.field, fault.message) for fault in error.errors)


def _refusal(wanted: ImportedProduct, row: int, field: str, message: str) -> Refusal:
    return Refusal(row=row, handle=wanted.handle, field=field, message=message)
