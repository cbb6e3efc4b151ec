"""Strategies for the catalogue: everything they draw passes `shopcore.catalog.model.check`."""

import itertools
from collections.abc import Sequence

from hypothesis import strategies as st

from shopcore.catalog.model import (
    LONGEST_TITLE,
    MAX_OPTIONS,
    MAX_PRICE,
    Category,
    Media,
    Option,
    Price,
    Product,
    ProductStatus,
    Variant,
    slugify,
)
from shopcore.kernel.ids import CategoryId, ProductId, Sku, VariantId
from shopcore.kernel.money import Money
from shopcore.testing.strategies.kernel import ids, instants

CURRENCIES = ("USD", "EUR", "JPY", "KWD")
"""Minor units of 2, 0 and 3 decimals, and two currencies that must not be mixed up."""

_CHARACTERS = st.characters(exclude_categories=["Cs"])  # a lone surrogate is not text: it has no UTF-8


def titles() -> st.SearchStrategy[str]:
    """Any text that a title may be."""
    return st.text(_CHARACTERS, min_size=1, max_size=LONGEST_TITLE).filter(lambda text: bool(text.strip()))


def prices(currency: str) -> st.SearchStrategy[Price]:
    """A price in that currency, perhaps with one that it is compared with."""
    money = st.integers(0, MAX_PRICE).map(lambda amount: Money(amount, currency))
    return st.builds(Price, price=money, compare_at=st.none() | money)


@st.composite
def variants(
    draw: st.DrawFn,
    *,
    own: st.SearchStrategy[str] | None = None,
    option_values: tuple[str, ...] = (),
    currencies: Sequence[str] = CURRENCIES,
) -> Variant:
    """A variant with these option values, sold in some of the currencies or in none; `own` gives its id and SKU."""
    name = draw(ids() if own is None else own)
    sold_in = draw(st.lists(st.sampled_from(currencies), unique=True))
    return Variant(
        id=VariantId(name),
        sku=Sku(f"{draw(st.text('ABCXYZ-0129', max_size=8))}{name}"),
        title=draw(titles()),
        option_values=option_values,
        prices={currency: draw(prices(currency)) for currency in sold_in},
        weight_grams=draw(st.none() | st.integers(0, 10**6)),
        requires_shipping=draw(st.booleans()),
        taxable=draw(st.booleans()),
        barcode=draw(st.none() | st.text("0123456789", min_size=8, max_size=13)),
    )


def options() -> st.SearchStrategy[list[Option]]:
    """Up to three options, each with values that differ."""
    values = st.lists(st.text(_CHARACTERS, min_size=1, max_size=12), min_size=1, max_size=3, unique=True).map(tuple)
    return st.lists(st.builds(Option, name=titles(), values=values), max_size=MAX_OPTIONS)


@st.composite
def products(
    draw: st.DrawFn,
    *,
    currencies: Sequence[str] = CURRENCIES,
    statuses: Sequence[ProductStatus] = tuple(ProductStatus),
    category_ids: Sequence[CategoryId] = (),
) -> Product:
    """A product with some of the combinations of its options, in some of the categories."""
    own, drawn_options, title = draw(ids()), draw(options()), draw(titles())
    every = list(itertools.islice(itertools.product(*(option.values for option in drawn_options)), 8))
    combinations = draw(st.lists(st.sampled_from(every), unique=True, max_size=4))
    names = draw(st.lists(ids(), min_size=len(combinations), max_size=len(combinations), unique=True))
    created_at = draw(instants())
    return Product(
        id=ProductId(own),
        slug=slugify(f"{title[:40]} {own}"),
        title=title,
        created_at=created_at,
        updated_at=created_at,
        description=draw(st.text(_CHARACTERS, max_size=200)),
        brand=draw(st.none() | titles()),
        status=draw(st.sampled_from(statuses)),
        category_ids=tuple(draw(_some_of(category_ids))),
        tags=tuple(draw(st.lists(titles(), max_size=3, unique=True))),
        options=tuple(drawn_options),
        attributes=draw(st.dictionaries(titles(), titles(), max_size=2)),
        media=tuple(draw(st.lists(st.builds(Media, url=st.just("https://example.org/1.jpg")), max_size=2))),
        variants=tuple(
            draw(variants(own=st.just(name), option_values=values, currencies=currencies))
            for name, values in zip(names, combinations, strict=True)
        ),
    )


@st.composite
def category_trees(draw: st.DrawFn, *, max_size: int = 8) -> list[Category]:
    """Categories, parents before children."""
    tree: list[Category] = []
    for index, own in enumerate(draw(st.lists(ids(), max_size=max_size, unique=True))):
        parent = draw(st.none() | st.sampled_from(tree)) if tree else None
        tree.append(
            Category(
                id=CategoryId(own),
                slug=f"category-{index}-{own}",
                title=draw(titles()),
                parent_id=parent.id if parent else None,
                position=draw(st.integers(0, 3)),
            )
        )
    return tree


def _some_of(category_ids: Sequence[CategoryId]) -> st.SearchStrategy[list[CategoryId]]:
    if not category_ids:
        return st.just([])
    return st.lists(st.sampled_from(category_ids), unique=True)
