"""What the catalogue refuses."""

from shopcore.kernel.errors import Conflict, FieldError, NotFound
from shopcore.kernel.stores import StoreUnusable


class ProductNotFound(NotFound):
    """No such product, or not one that this actor may see."""

    code = "product_not_found"

    def __init__(self) -> None:
        super().__init__("there is no such product")


class ProductUnreadable(StoreUnusable):
    """Somebody made something else of what the store keeps of this product: it alone cannot be read, the store is well.

    What is wrong with it is for whoever runs the shop.
    """

    code = "product_unreadable"


class CategoryNotFound(NotFound):
    """No such category."""

    code = "category_not_found"

    def __init__(self) -> None:
        super().__init__("there is no such category")


class VariantNotFound(NotFound):
    """No such variant on sale: unknown, draft and archived are the same to a buyer."""

    code = "variant_not_found"

    def __init__(self, field: str = "variant_id") -> None:
        message = "there is no such variant on sale"
        super().__init__(message, errors=[FieldError(field=field, code=self.code, message=message)])


class SlugTaken(Conflict):
    """Another product or category has this slug."""

    code = "slug_taken"

    def __init__(self, slug: str) -> None:
        super().__init__(f"the slug {slug} is taken")


class SkuTaken(Conflict):
    """Another variant has this SKU."""

    code = "sku_taken"

    def __init__(self, sku: str) -> None:
        super().__init__(f"the SKU {sku} is taken")


class ProductEdited(Conflict):
    """Another writer was faster; read the product again."""

    code = "product_edited"

    def __init__(self) -> None:
        super().__init__("the product has changed since it was read")
