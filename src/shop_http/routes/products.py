"""Browse, search and look at products."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response.base import ASGIResponse
from msgspec import UNSET, Meta, UnsetType

from shop_http.answers import PUBLIC, json_answer
from shop_http.errors import Refusal
from shop_http.openapi import OPERATION, Operation
from shop_http.routes.categories import CategoryName, names_of
from shop_http.visit import Visit
from shopcore.catalog.model import (
    Facets,
    Media,
    Option,
    PriceRange,
    Product,
    ProductFilter,
    ProductSort,
    ProductStatus,
    Variant,
    price_range,
)
from shopcore.kernel.errors import FieldError
from shopcore.kernel.iso4217 import EXPONENTS
from shopcore.kernel.money import Money
from shopcore.kernel.paging import DEFAULT_LIMIT, MAX_LIMIT
from shopcore.shopping.model import Availability, FoundProducts, SellableProduct

_DEAREST = 10**15  # minor units: beyond any price, well within 64 bits

Currency = Annotated[
    str | None, Meta(description="ISO 4217; the shop's own unless given.", extra_json_schema={"examples": ["USD"]})
]
Cursor = Annotated[str | None, Meta(description="`next_cursor` of the page before.")]
Limit = Annotated[int, Meta(ge=1, le=MAX_LIMIT, description="How many at most.")]
Word = Annotated[str, Meta(min_length=1, max_length=200)] | None
Amount = Annotated[int, Meta(ge=0, le=_DEAREST)] | None


class PricesQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which currency a product is shown in."""

    currency: Currency = None


class FilterQuery(PricesQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which products are wanted. Prices are minor units."""

    category: Word = None
    brand: Word = None
    tag: Word = None
    min_price: Amount = None
    max_price: Amount = None
    in_stock: bool | None = None
    limit: Limit = DEFAULT_LIMIT
    cursor: Cursor = None


class ProductsQuery(FilterQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A listing."""

    sort: ProductSort = ProductSort.NEWEST


class SearchQuery(FilterQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A search."""

    q: Annotated[str, Meta(min_length=1, max_length=200, description="Words, or beginnings of words.")]


class Rating(msgspec.Struct, frozen=True, kw_only=True):
    """What buyers think; `average` is null while nobody has said anything."""

    average: float | None = None
    count: int = 0


class VariantShown(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is sold. `price` is null where it is not sold in the currency."""

    id: str
    sku: str
    title: str
    option_values: tuple[str, ...]
    price: Money | None
    availability: Availability
    compare_at_price: Money | UnsetType = UNSET
    weight_grams: int | UnsetType = UNSET


class ProductListed(msgspec.Struct, frozen=True, kw_only=True):
    """A product as it stands in lists."""

    id: str
    slug: str
    title: str
    brand: str | None
    status: ProductStatus
    categories: tuple[CategoryName, ...]
    tags: tuple[str, ...]
    options: tuple[Option, ...]
    media: tuple[Media, ...]
    variants: tuple[VariantShown, ...]
    price_range: PriceRange | None
    rating: Rating
    created_at: datetime
    updated_at: datetime
    version: int


class ProductShown(ProductListed, frozen=True, kw_only=True):
    """A product as a whole. `description` is sanitised HTML."""

    description: str
    attributes: dict[str, str]


class ProductPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some products, and where the next ones start."""

    items: tuple[ProductListed, ...]
    next_cursor: str | None


class Total(msgspec.Struct, frozen=True, kw_only=True):
    """How many hits there are: `exact`, or `at_least` where counting stopped."""

    value: int
    relation: Annotated[str, Meta(extra_json_schema={"enum": ["exact", "at_least"]})]


class SearchPage(ProductPage, frozen=True, kw_only=True):
    """Hits by relevance. Facets are counted over the first 1,000; where the total says "at least" there may be more."""

    facets: Facets
    total: Total


_LIST_HEADERS = ("ETag", "Link")


@get(
    "/products",
    opt={
        OPERATION: Operation(
            tag="catalogue", public=True, answers={200: ProductPage}, query=ProductsQuery, answer_headers=_LIST_HEADERS
        )
    },
)
async def list_products(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Browse the products that are on sale."""
    query = visit.query(ProductsQuery)
    wanted = wanted_by(query, visit.shop.currency)
    page = await visit.public.catalog.list_products(
        wanted=wanted, sort=query.sort, limit=query.limit, cursor=query.cursor
    )
    listed = await _listed(visit, page.items, wanted.currency)
    return _page("/products", query, ProductPage(items=listed, next_cursor=page.next_cursor))


@get(
    "/products/search",
    opt={
        OPERATION: Operation(
            tag="catalogue", public=True, answers={200: SearchPage}, query=SearchQuery, answer_headers=_LIST_HEADERS
        )
    },
)
async def search_products(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Search the products that are on sale, by relevance."""
    query = visit.query(SearchQuery)
    wanted = wanted_by(query, visit.shop.currency)
    found = await visit.public.catalog.search_products(
        text=query.q, wanted=wanted, limit=query.limit, cursor=query.cursor
    )
    listed = await _listed(visit, found.items, wanted.currency)
    return _page("/products/search", query, _found(found, listed))


@get(
    "/products/{id_or_slug:str}",
    opt={
        OPERATION: Operation(
            tag="catalogue",
            public=True,
            answers={200: ProductShown},
            query=PricesQuery,
            refuses=(404,),
            answer_headers=("ETag",),
        )
    },
)
async def show_product(visit: NamedDependency[Visit], id_or_slug: FromPath[str]) -> ASGIResponse:
    """Look at one product, by its id or its slug."""
    currency = currency_of(visit.query(PricesQuery), visit.shop.currency)
    catalog = visit.public.catalog
    sellable = await catalog.show_product(id_or_slug=id_or_slug)
    names = names_of(await catalog.list_categories())
    return json_answer(shown(sellable, currency, names), cache=PUBLIC).to_asgi()


def currency_of(query: PricesQuery, default: str) -> str:
    """The currency that was asked for, or the shop's. Raises `Refusal` for one that does not exist."""
    if query.currency is not None and query.currency not in EXPONENTS:
        message = "must be an ISO 4217 code such as USD"
        raise Refusal.of(422, FieldError(field="currency", code="unknown_currency", message=message))
    return query.currency or default


def wanted_by(query: FilterQuery, default: str) -> ProductFilter:
    """The filter of a query. Raises `Refusal`."""
    if query.min_price is not None and query.max_price is not None and query.min_price > query.max_price:
        message = "must not be greater than max_price"
        raise Refusal.of(422, FieldError(field="min_price", code="out_of_range", message=message))
    return ProductFilter(
        currency=currency_of(query, default),
        category=query.category,
        brand=query.brand,
        tag=query.tag,
        min_price=query.min_price,
        max_price=query.max_price,
        in_stock=query.in_stock,
    )


def shown(sellable: SellableProduct, currency: str, names: Mapping[str, CategoryName]) -> ProductShown:
    """A product as a whole."""
    product = sellable.product
    return ProductShown(
        **_parts(sellable, currency, names), description=product.description, attributes=product.attributes
    )


async def _listed(visit: Visit, items: Any, currency: str) -> tuple[ProductListed, ...]:
    names = names_of(await visit.public.catalog.list_categories())
    return tuple(ProductListed(**_parts(sellable, currency, names)) for sellable in items)


def _parts(sellable: SellableProduct, currency: str, names: Mapping[str, CategoryName]) -> dict[str, Any]:
    product: Product = sellable.product
    return {
        "id": product.id,
        "slug": product.slug,
        "title": product.title,
        "brand": product.brand,
        "status": product.status,
        "categories": tuple(names[each] for each in product.category_ids if each in names),
        "tags": product.tags,
        "options": product.options,
        "media": product.media,
        "variants": tuple(_variant(each, sellable, currency) for each in product.variants),
        "price_range": price_range(product, currency),
        "rating": Rating(),
        "created_at": product.created_at,
        "updated_at": product.updated_at,
        "version": product.version,
    }


def _variant(variant: Variant, sellable: SellableProduct, currency: str) -> VariantShown:
    price = variant.prices.get(currency)
    return VariantShown(
        id=variant.id,
        sku=variant.sku,
        title=variant.title,
        option_values=variant.option_values,
        price=price.price if price else None,
        compare_at_price=price.compare_at if price and price.compare_at else UNSET,
        weight_grams=UNSET if variant.weight_grams is None else variant.weight_grams,
        availability=sellable.availability[variant.sku],
    )


def _found(found: FoundProducts, listed: tuple[ProductListed, ...]) -> SearchPage:
    total = Total(value=found.total, relation="exact" if found.total_is_exact else "at_least")
    return SearchPage(items=listed, next_cursor=found.next_cursor, facets=found.facets, total=total)


def _page(path: str, query: FilterQuery, page: ProductPage) -> ASGIResponse:
    answer = json_answer(page, cache=PUBLIC)
    if page.next_cursor is None:
        return answer.to_asgi()
    given = {**msgspec.to_builtins(query), "cursor": page.next_cursor}
    said = {name: _said(value) for name, value in given.items() if value is not None}
    return answer.with_headers({"link": f'<{path}?{urlencode(said)}>; rel="next"'}).to_asgi()


def _said(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
