"""The filters of listings and searches, as SQL over `products`: constant texts, put together by what is asked for."""

from shopcore.catalog.model import ProductFilter

_BY_BRAND = "products.brand = :brand"
_BY_TAG = "products.number IN (SELECT product FROM product_tags WHERE tag = :tag)"
_BY_CATEGORY = """products.number IN (
    WITH RECURSIVE below (id) AS (
        SELECT id FROM categories WHERE slug = :category
        UNION
        SELECT child.id FROM below JOIN categories AS child ON child.parent_id = below.id
    )
    SELECT product FROM below JOIN product_categories ON category_id = below.id
)"""
# A product is in a span of prices when its own span meets it.
_BY_PRICE = """EXISTS (
    SELECT 1 FROM product_prices AS spans
    WHERE spans.product = products.number AND spans.currency = :currency
    AND (:min_price IS NULL OR spans.highest >= :min_price) AND (:max_price IS NULL OR spans.lowest <= :max_price)
)"""
_IN_STOCK = """EXISTS (
    SELECT 1 FROM variants LEFT JOIN stock_levels ON stock_levels.sku = variants.sku
    WHERE variants.product = products.number
    AND (
        coalesce(stock_levels.tracked, 0) = 0
        OR stock_levels.policy = 'continue'
        OR stock_levels.on_hand > stock_levels.reserved
    )
)"""
_OUT_OF_STOCK = f"NOT {_IN_STOCK}"


def conditions(wanted: ProductFilter) -> list[str]:
    """The conditions that this filter needs, each over `products` and the values of `parameters`."""
    asked = (
        (wanted.brand is not None, _BY_BRAND),
        (wanted.tag is not None, _BY_TAG),
        (wanted.category is not None, _BY_CATEGORY),
        (wanted.min_price is not None or wanted.max_price is not None, _BY_PRICE),
        (wanted.in_stock is True, _IN_STOCK),
        (wanted.in_stock is False, _OUT_OF_STOCK),
    )
    return ["products.status = 'active'", *(condition for applies, condition in asked if applies)]


def parameters(wanted: ProductFilter) -> dict[str, str | int | None]:
    """The values that the conditions and the listings name."""
    return {
        "currency": wanted.currency,
        "category": wanted.category,
        "brand": wanted.brand,
        "tag": wanted.tag,
        "min_price": wanted.min_price,
        "max_price": wanted.max_price,
    }
