"""What a shop sells, and for how much, as shelves."""

from collections.abc import Sequence
from functools import partial

from shopcore.catalog.errors import ProductNotFound
from shopcore.catalog.model import Category, Product
from shopcore.operations.steps.keeper import Keeper
from shopcore.operations.steps.shelf import Shelf, whole
from shopcore.pricing.model import Coupon


def goods_shelves(store: Keeper) -> tuple[Shelf, ...]:
    """Categories come first: products name them."""
    return (
        Shelf("categories", partial(_categories, store), partial(_put_categories, store)),
        Shelf("products", partial(_products, store), partial(_put_products, store)),
        whole("shipping methods", store.shipping_methods.everything, "code", store.shipping_methods.put),
        whole("tax rates", store.tax_rates.everything, "id", store.tax_rates.put),
        Shelf("coupons", partial(_coupons, store), partial(_put_coupons, store)),
    )


async def remove_methods(store: Keeper) -> None:
    """What a new store has by itself goes before methods are copied, however often the move was broken off."""
    for method in await store.shipping_methods.everything():
        await store.shipping_methods.remove(method.code)


async def _coupons(store: Keeper, after: str, limit: int) -> Sequence[tuple[str, Coupon]]:
    page = await store.coupons.page((after,) if after else None, limit)
    return [(coupon.code, coupon) for coupon in page.items]


async def _put_coupons(store: Keeper, things: Sequence[Coupon]) -> None:
    for coupon in things:
        await store.coupons.put(coupon)


async def _categories(store: Keeper, after: str, limit: int) -> Sequence[tuple[str, Category]]:
    """Parents before children."""
    depths: dict[str, int] = {}
    for one in await store.categories.everything():
        depths[one.id] = 0 if one.parent_id is None else depths[one.parent_id] + 1
    found = await store.categories.everything()
    keyed = sorted((f"{depths[one.id]:03}/{one.id}", one) for one in found)
    return [each for each in keyed if each[0] > after][:limit]


async def _put_categories(store: Keeper, things: Sequence[Category]) -> None:
    there = {category.id for category in await store.categories.everything()}
    for category in things:
        if category.id not in there:
            await store.categories.add(category)


async def _products(store: Keeper, after: str, limit: int) -> Sequence[tuple[str, Product]]:
    page = await store.products.page(None, (after,) if after else None, limit)
    return [(product.slug, product) for product in page.items]


async def _put_products(store: Keeper, things: Sequence[Product]) -> None:
    for product in things:
        try:
            await store.products.get(product.id)
        except ProductNotFound:
            await store.products.add(product)
