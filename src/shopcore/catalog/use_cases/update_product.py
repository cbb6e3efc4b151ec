"""Edit a product."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from shopcore.catalog.errors import ProductEdited
from shopcore.catalog.model import Product, check
from shopcore.catalog.ports import Sanitizer
from shopcore.catalog.steps import ChangeProduct
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.errors import InvalidInput
from shopcore.kernel.ids import ProductId

_NOT_THE_EDITORS = ("id", "status", "created_at", "updated_at", "version")
"""Fields that tell a product's identity and history; its status changes by acts of their own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class UpdateProduct:
    """Replaces a product by what `change` makes of it; its description is sanitised. An equal one is a no-op.

    Variants may change and go; new ones are not an edit, for they need ids.
    """

    change_product: ChangeProduct
    sanitizer: Sanitizer
    clock: Clock

    async def __call__(
        self,
        actor: Actor,
        *,
        product_id: ProductId,
        change: Callable[[Product], Product],
        expected_version: int | None = None,
    ) -> Product:
        """Needs `catalog:write`. `change` is pure, and may be run more than once.

        Raises `ProductNotFound`, `ProductEdited` when the version is not the expected one, `InvalidInput`, `SlugTaken`,
        `SkuTaken` or `CategoryNotFound`; then nothing was stored.
        """
        permit(actor, "catalog:write")
        now = self.clock.now()

        def edit(product: Product) -> Product:
            if expected_version not in {None, product.version}:
                raise ProductEdited
            wanted = change(product)
            _check_variant_ids(product, wanted)
            own = {name: getattr(product, name) for name in _NOT_THE_EDITORS}
            wanted = msgspec.structs.replace(wanted, **own)
            if wanted.description != product.description:
                wanted = msgspec.structs.replace(wanted, description=self.sanitizer.clean(wanted.description))
            return product if wanted == product else check(msgspec.structs.replace(wanted, updated_at=now))

        return await self.change_product(
            actor,
            product_id,
            edit,
            now=now,
            action="product.updated",
            told=lambda product: {"version": str(product.version)},
        )


def _check_variant_ids(before: Product, wanted: Product) -> None:
    known = {variant.id for variant in before.variants}
    for index, variant in enumerate(wanted.variants):
        if variant.id not in known:
            raise InvalidInput.of(f"variants/{index}/id", "unknown", "must be that of a variant of this product")
