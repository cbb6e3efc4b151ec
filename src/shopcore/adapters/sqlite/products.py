"""Products in SQLite: the whole product as JSON, and beside it the columns and rows that it is found by."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence

import msgspec

from shopcore.adapters.sqlite.constraints import Refusals, all_or_nothing, refusing
from shopcore.adapters.sqlite.database import Database
from shopcore.adapters.sqlite.key_lists import key_list
from shopcore.adapters.sqlite.product_bodies import edited, read_again, read_product, readable, tell
from shopcore.adapters.sqlite.product_rows import replace_rows
from shopcore.catalog.errors import CategoryNotFound, ProductNotFound, SkuTaken, SlugTaken
from shopcore.catalog.model import Product, ProductStatus, Variant, sort_key
from shopcore.catalog.ports import refuse
from shopcore.kernel.ids import ProductId, Sku, VariantId
from shopcore.kernel.instants import to_micros
from shopcore.kernel.paging import Position, Slice
from shopcore.kernel.stores import StoreUnusable

GET = "SELECT id, body FROM products WHERE id = ?"
GET_BY_SLUG = "SELECT id, body FROM products WHERE slug = ?"
_LOCATE = "SELECT number, body FROM products WHERE id = ?"
_ADD = """
INSERT INTO products (id, slug, status, title_key, brand, created_at, version, body)
VALUES (:id, :slug, :status, :title_key, :brand, :created_at, :version, :body)
RETURNING number
"""
_REPLACE = """
UPDATE products SET slug = :slug, status = :status, title_key = :title_key, brand = :brand, created_at = :created_at,
    version = :version, body = :body
WHERE id = :id
"""
_FIND = """
SELECT variants.id, products.id, products.body
FROM json_each(?) AS wanted
JOIN variants ON variants.{field} = wanted.value
JOIN products ON products.number = variants.product
"""
_FIND_VARIANTS, _FIND_SKUS = _FIND.format(field="id"), _FIND.format(field="sku")
# Read in the order of the index on the slug; staff who look for one status can wait until the others are skipped.
_PAGE = """
SELECT slug, id, body FROM products WHERE slug > :after AND (:status IS NULL OR status = :status)
ORDER BY slug LIMIT :limit
"""

_REFUSALS: Refusals = {
    "UNIQUE constraint failed: products.slug": SlugTaken,
    "UNIQUE constraint failed: variants.sku": SkuTaken,
    "FOREIGN KEY constraint failed": lambda _: CategoryNotFound(),
}


class SqliteProducts:
    """Every product, whatever its status."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, product: Product) -> None:
        """See the port."""
        await self._database.write(lambda connection: _add(connection, product))

    async def update(self, product_id: ProductId, change: Callable[[Product], Product]) -> Product:
        """See the port."""
        return await self._database.write(lambda connection: _update(connection, product_id, change))

    async def get(self, product_id: ProductId) -> Product:
        """See the port."""
        return await self._database.read(lambda connection: get_product(connection, GET, product_id))

    async def get_by_slug(self, slug: str) -> Product:
        """See the port."""
        return await self._database.read(lambda connection: get_product(connection, GET_BY_SLUG, slug))

    async def find_variants(
        self, variant_ids: Sequence[VariantId], unreadable: Callable[[StoreUnusable], None] = refuse
    ) -> Mapping[VariantId, tuple[Product, Variant]]:
        """See the port."""
        found = await self._find(_FIND_VARIANTS, variant_ids, unreadable)
        return {variant.id: (product, variant) for product, variant in found}

    async def find_skus(
        self, skus: Sequence[Sku], unreadable: Callable[[StoreUnusable], None] = refuse
    ) -> Mapping[Sku, tuple[Product, Variant]]:
        """See the port."""
        found = await self._find(_FIND_SKUS, skus, unreadable)
        return {variant.sku: (product, variant) for product, variant in found}

    async def page(
        self,
        status: ProductStatus | None,
        after: Position | None,
        limit: int,
        unreadable: Callable[[StoreUnusable], None] = refuse,
    ) -> Slice[Product]:
        """See the port."""
        page, errors = await self._database.scan(lambda connection: _page(connection, status, after, limit))
        for error in errors:
            unreadable(error)
        return page

    async def _find(
        self, query: str, keys: Sequence[str], unreadable: Callable[[StoreUnusable], None]
    ) -> Sequence[tuple[Product, Variant]]:
        found, errors = await self._database.read(lambda connection: _find(connection, query, keys))
        for error in errors:
            unreadable(error)
        return found


def _add(connection: sqlite3.Connection, product: Product) -> None:
    with all_or_nothing(connection):
        with refusing(_REFUSALS, product.slug):
            number: int = connection.execute(_ADD, _columns(product)).fetchone()[0]
        replace_rows(connection, number, None, product, _REFUSALS)


def _update(connection: sqlite3.Connection, product_id: ProductId, change: Callable[[Product], Product]) -> Product:
    row = connection.execute(_LOCATE, (product_id,)).fetchone()
    if row is None:
        raise ProductNotFound
    old = read_product(product_id, row[1])
    changed = change(old)
    if changed == old:
        return old
    new = msgspec.structs.replace(changed, id=old.id, version=old.version + 1)
    with all_or_nothing(connection):
        with refusing(_REFUSALS, new.slug):
            connection.execute(_REPLACE, _columns(new))
        replace_rows(connection, row[0], old, new, _REFUSALS)
    return new


def _columns(product: Product) -> dict[str, object]:
    return {
        "id": product.id,
        "slug": product.slug,
        "status": product.status,
        "title_key": sort_key(product.title),
        "brand": product.brand,
        "created_at": to_micros(product.created_at),
        "version": product.version,
        "body": msgspec.json.encode(product),
    }


def get_product(connection: sqlite3.Connection, query: str, key: str) -> Product:
    """By `GET` or `GET_BY_SLUG`. Raises `ProductNotFound`, or `ProductUnreadable` as `read_product`."""
    row = connection.execute(query, (key,)).fetchone()
    if row is None:
        raise ProductNotFound
    return read_product(*row)


def _page(
    connection: sqlite3.Connection, status: ProductStatus | None, after: Position | None, limit: int
) -> tuple[Slice[Product], Sequence[StoreUnusable]]:
    values = {"status": status, "after": after[0] if after else "", "limit": limit + 1}
    rows = connection.execute(_PAGE, values).fetchall()
    errors: list[StoreUnusable] = []
    products = readable(((product_id, body) for _, product_id, body in rows[:limit]), errors.append)
    return Slice(items=products, next_position=(rows[limit - 1][0],) if len(rows) > limit else None), errors


def _find(
    connection: sqlite3.Connection, query: str, keys: Sequence[str]
) -> tuple[Sequence[tuple[Product, Variant]], Sequence[StoreUnusable]]:
    """Each variant with its product, which is read once, and what is wrong with those that cannot be."""
    products: dict[str, tuple[Product, dict[str, Variant]]] = {}
    errors: dict[str, StoreUnusable] = {}
    found = []
    for variant_id, product_id, body in connection.execute(query, (key_list(keys),)):
        if product_id in errors:
            continue
        try:
            if product_id not in products:
                product = read_again(product_id, body)
                products[product_id] = product, {variant.id: variant for variant in product.variants}
            product, variants = products[product_id]
            if variant_id not in variants:
                raise edited(product_id, f"it has no variant {variant_id} any more")
            found.append((product, variants[variant_id]))
        except StoreUnusable as error:
            tell(product_id, error)
            errors[product_id] = error
    return [each for each in found if each[0].id not in errors], list(errors.values())
