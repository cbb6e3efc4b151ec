"""The use cases of whoever looks and fills a cart."""

from dataclasses import dataclass

from shopcore.catalog.use_cases.archive_product import ArchiveProduct
from shopcore.catalog.use_cases.create_category import CreateCategory
from shopcore.catalog.use_cases.create_product import CreateProduct
from shopcore.catalog.use_cases.find_product import FindProduct
from shopcore.catalog.use_cases.list_catalog import ListCatalog
from shopcore.catalog.use_cases.list_categories import ListCategories
from shopcore.catalog.use_cases.publish_product import PublishProduct
from shopcore.catalog.use_cases.show_category import ShowCategory
from shopcore.catalog.use_cases.update_product import UpdateProduct
from shopcore.operations.use_cases.import_products import ImportProducts
from shopcore.shopping.use_cases.add_item import AddItem
from shopcore.shopping.use_cases.apply_coupon import ApplyCoupon
from shopcore.shopping.use_cases.list_products import ListProducts
from shopcore.shopping.use_cases.list_shipping_methods import ListShippingMethods
from shopcore.shopping.use_cases.remove_coupon import RemoveCoupon
from shopcore.shopping.use_cases.search_products import SearchProducts
from shopcore.shopping.use_cases.set_quantity import SetQuantity
from shopcore.shopping.use_cases.show_cart import ShowCart
from shopcore.shopping.use_cases.show_product import ShowProduct
from shopcore.shopping.use_cases.update_cart import UpdateCart


@dataclass(frozen=True, kw_only=True, slots=True)
class CatalogCases:
    """Looking, and what staff do to the catalogue."""

    list_products: ListProducts
    search_products: SearchProducts
    show_product: ShowProduct
    list_categories: ListCategories
    show_category: ShowCategory
    list_catalog: ListCatalog
    find_product: FindProduct
    create_product: CreateProduct
    update_product: UpdateProduct
    publish_product: PublishProduct
    archive_product: ArchiveProduct
    create_category: CreateCategory
    import_products: ImportProducts


@dataclass(frozen=True, kw_only=True, slots=True)
class CartCases:
    """One cart, by its token."""

    show: ShowCart
    add_item: AddItem
    set_quantity: SetQuantity
    update: UpdateCart
    shipping_methods: ListShippingMethods
    apply_coupon: ApplyCoupon
    remove_coupon: RemoveCoupon
