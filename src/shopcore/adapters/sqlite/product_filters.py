"""The filters of listings and searches as SQL: constant texts, put together by what is asked for."""

from dataclasses import dataclass

from shopcore.catalog.model import ProductFilter


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """A table that active products are read from: how it says which they are, and the conditions it has indexes for."""

    table: str
    number: str
    active: str
    brand: str
    min_price: str
    max_price: str


PRODUCTS = Source(
    table="products",
    number="products.number",
    active="products.status = 'active'",
    brand="products.brand = :brand",
    min_price="""EXISTS (
        SELECT 1 FROM product_prices AS spans
        WHERE spans.product = products.number AND spans.currency = :currency AND spans.highest >= :min_price
    )""",
    max_price="""EXISTS (
        SELECT 1 FROM product_prices AS spans
        WHERE spans.product = products.number AND spans.currency = :currency AND spans.lowest <= :max_price
    )""",
)
PRICES = Source(
    table="product_prices",
    number="product_prices.product",
    active="product_prices.active = 1 AND product_prices.currency = :currency",
    brand="product_prices.product IN (SELECT number FROM products WHERE status = 'active' AND brand = :brand)",
    min_price="product_prices.highest >= :min_price",
    max_price="product_prices.lowest <= :max_price",
)

_TAG = "{number} IN (SELECT product FROM product_tags WHERE tag = :tag)"
# CROSS JOIN keeps the order: from the few categories to their products.
_CATEGORY = """{number} IN (
    WITH RECURSIVE below (id) AS (
        SELECT id FROM categories WHERE slug = :category
        UNION
        SELECT child.id FROM below JOIN categories AS child ON child.parent_id = below.id
    )
    SELECT product FROM below CROSS JOIN product_categories ON category_id = below.id
)"""
_IN_STOCK = """EXISTS (
    SELECT 1 FROM variants LEFT JOIN stock_levels ON stock_levels.sku = variants.sku
    WHERE variants.product = {number}
    AND (
        coalesce(stock_levels.tracked, 0) = 0
        OR stock_levels.policy = 'continue'
        OR stock_levels.on_hand > stock_levels.reserved
    )
)"""


def conditions(wanted: ProductFilter, source: Source = PRODUCTS) -> str:
    """What the filter asks of a row of `source`, over the values of `parameters`."""
    asked = (
        (True, source.active),
        (wanted.brand is not None, source.brand),
        (wanted.min_price is not None, source.min_price),
        (wanted.max_price is not None, source.max_price),
        (wanted.tag is not None, _TAG),
        (wanted.category is not None, _CATEGORY),
        (wanted.in_stock is True, _IN_STOCK),
        (wanted.in_stock is False, f"NOT {_IN_STOCK}"),
    )
    return " AND ".join(condition.format(number=source.number) for applies, condition in asked if applies)


def parameters(wanted: ProductFilter) -> dict[str, str | int | None]:
    """The values that the conditions name."""
    return {
        "currency": wanted.currency,
        "category": wanted.category,
        "brand": wanted.brand,
        "tag": wanted.tag,
        "min_price": wanted.min_price,
        "max_price": wanted.max_price,
    }
