"""Create a product."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shopcore.catalog.events import ProductChanged
from shopcore.catalog.model import Media, NewVariant, Option, Product, check, slugify, with_id
from shopcore.catalog.ports import Products
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock
from shopcore.kernel.events import Events
from shopcore.kernel.ids import CategoryId, Ids, ProductId, VariantId
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class CreateProduct:
    """A new product is a draft without a description; `UpdateProduct` and `PublishProduct` take it from there."""

    unit_of_work: UnitOfWork
    products: Products
    events: Events
    audit: Audit
    clock: Clock
    ids: Ids

    async def __call__(
        self,
        actor: Actor,
        *,
        title: str,
        slug: str | None = None,
        brand: str | None = None,
        category_ids: Sequence[CategoryId] = (),
        tags: Sequence[str] = (),
        options: Sequence[Option] = (),
        attributes: Mapping[str, str] | None = None,
        media: Sequence[Media] = (),
        variants: Sequence[NewVariant] = (),
    ) -> Product:
        """Needs `catalog:write`. Without a slug it gets one from its title.

        Raises `InvalidInput`, `SlugTaken`, `SkuTaken` or `CategoryNotFound`; then nothing was stored.
        """
        permit(actor, "catalog:write")
        now = self.clock.now()
        product = check(
            Product(
                id=ProductId(self.ids.new()),
                slug=slugify(title) if slug is None else slug,
                title=title,
                brand=brand,
                category_ids=tuple(category_ids),
                tags=tuple(tags),
                options=tuple(options),
                attributes=dict(attributes or {}),
                media=tuple(media),
                variants=tuple(with_id(variant, VariantId(self.ids.new())) for variant in variants),
                created_at=now,
                updated_at=now,
            )
        )

        async def work() -> None:
            await self.products.add(product)
            await self.events.publish(ProductChanged(at=now, product_id=product.id))
            after = {"version": str(product.version), "status": product.status}
            await self.audit.record(actor, "product.created", f"product/{product.id}", before={}, after=after)

        await self.unit_of_work(work)
        return product
