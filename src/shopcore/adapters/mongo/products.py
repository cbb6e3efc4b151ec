"""Products in MongoDB: the whole product as a document, and beside it the small ones that it is found by."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import msgspec

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.paging import after as beyond
from shopcore.adapters.mongo.paging import sliced
from shopcore.adapters.mongo.product_documents import product_document, read_product, readable
from shopcore.adapters.mongo.product_filing import Filing
from shopcore.adapters.mongo.product_places import FILED, UNFILED
from shopcore.adapters.mongo.revision import MongoCatalogRevision
from shopcore.adapters.mongo.schema.catalog import PRODUCTS
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.units import Session
from shopcore.catalog.errors import ProductNotFound, SkuTaken, SlugTaken
from shopcore.catalog.model import Product, ProductStatus, Variant
from shopcore.catalog.ports import refuse
from shopcore.kernel.ids import ProductId, Sku, VariantId
from shopcore.kernel.paging import Position, Slice
from shopcore.kernel.stores import StoreUnusable

Key = TypeVar("Key", bound=str)


class MongoProducts:
    """Every product, whatever its status."""

    def __init__(self, database: MongoDatabase, revision: MongoCatalogRevision) -> None:
        self._database = database
        self._products = database.collection(PRODUCTS)
        self._filing = Filing(database)
        self._revision = revision

    async def add(self, product: Product) -> None:
        """See the port."""

        async def step(session: Session) -> None:
            await self._refuse_taken(product, {}, session)
            await self._filing.file(None, product, session)
            await self._products.insert_one(product_document(product), session=session)
            await self._revision.turn(product.id, session)

        await self._database.write(step)

    async def update(self, product_id: ProductId, change: Callable[[Product], Product]) -> Product:
        """See the port."""

        async def step(session: Session) -> Product:
            self._database.claim(PRODUCTS, product_id)
            there = await self._found({"_id": product_id}, session)
            old = read_product(there)
            changed = change(old)
            if changed == old:
                return old
            new = msgspec.structs.replace(changed, id=old.id, version=old.version + 1)
            if _keys(new) != _keys(old):
                await self._refuse_taken(new, {"_id": {"$ne": new.id}}, session)
            await self._filing.file(old, new, session, anew=there.get("filed") != FILED or UNFILED in there)
            await self._products.replace_one({"_id": new.id}, product_document(new), session=session)
            await self._revision.turn(new.id, session)
            return new

        return await self._database.write(step)

    async def get(self, product_id: ProductId) -> Product:
        """See the port."""
        return await self._get({"_id": product_id})

    async def get_by_slug(self, slug: str) -> Product:
        """See the port."""
        return await self._get({"slug": slug})

    async def find_variants(
        self, variant_ids: Sequence[VariantId], unreadable: Callable[[StoreUnusable], None] = refuse
    ) -> Mapping[VariantId, tuple[Product, Variant]]:
        """See the port."""
        return await self._find("id", variant_ids, unreadable)

    async def find_skus(
        self, skus: Sequence[Sku], unreadable: Callable[[StoreUnusable], None] = refuse
    ) -> Mapping[Sku, tuple[Product, Variant]]:
        """See the port."""
        return await self._find("sku", skus, unreadable)

    async def page(
        self,
        status: ProductStatus | None,
        after: Position | None,
        limit: int,
        unreadable: Callable[[StoreUnusable], None] = refuse,
    ) -> Slice[Product]:
        """See the port."""
        asked = beyond(("slug",), after) | ({} if status is None else {"status": status.value})
        found = await self._database.read(
            lambda session: self._products.find(asked, session=session).sort("slug").limit(limit + 1).to_list()
        )
        page = sliced(found, ("slug",), limit, dict)
        return Slice(items=readable(page.items, unreadable), next_position=page.next_position)

    async def _get(self, asked: Document) -> Product:
        return read_product(await self._database.read(lambda session: self._found(asked, session)))

    async def _found(self, asked: Document, session: Session) -> Document:
        found = await self._products.find_one(asked, session=session)
        if found is None:
            raise ProductNotFound
        return found

    async def _find(
        self, field: str, keys: Sequence[Key], unreadable: Callable[[StoreUnusable], None]
    ) -> Mapping[Key, tuple[Product, Variant]]:
        """The variants whose `field` is one of these, by it. A product that has one of them comes with all it has."""
        asked = {f"variants.{field}": {"$in": list(keys)}}
        found = await self._database.read(lambda session: self._products.find(asked, session=session).to_list())
        all_of_them = ((product, one) for product in readable(found, unreadable) for one in product.variants)
        keyed = {getattr(one, field): (product, one) for product, one in all_of_them}
        return {key: keyed[key] for key in keys if key in keyed}

    async def _refuse_taken(self, product: Product, others: Document, session: Session) -> None:
        """By one of the others. Looked for before it is written: a duplicate would end the whole transaction."""
        skus = Counter(variant.sku for variant in product.variants)
        asked = others | {"$or": [{"slug": product.slug}, {"variants.sku": {"$in": list(skus)}}]}
        fields = {"slug": 1, "variants.sku": 1}
        rivals = await self._products.find(asked, fields, session=session).to_list()
        if any(rival["slug"] == product.slug for rival in rivals):
            raise SlugTaken(product.slug)
        taken = {variant["sku"] for rival in rivals for variant in rival["variants"]}
        for sku, times in skus.items():
            if times > 1 or sku in taken:
                raise SkuTaken(sku)


def _keys(product: Product) -> tuple[str, Sequence[Sku]]:
    return product.slug, [variant.sku for variant in product.variants]
