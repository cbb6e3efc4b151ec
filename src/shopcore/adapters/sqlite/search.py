"""Full-text search: FTS5 finds, where the words stand ranks, facets are counted over the first hits."""

import re
import sqlite3
import unicodedata
from collections.abc import Sequence
from typing import TypeAlias

from shopcore.adapters.sqlite.key_lists import key_list
from shopcore.adapters.sqlite.product_bodies import readable
from shopcore.adapters.sqlite.product_filters import conditions, parameters
from shopcore.catalog.model import (
    COUNTED_HITS,
    FACET_VALUES,
    LONGEST_WORD,
    MAX_WORDS,
    WEIGHTS,
    Facets,
    FacetValue,
    Product,
    ProductFilter,
    SearchHits,
    price_bands,
)
from shopcore.kernel.paging import Position

# Smaller is better. bm25 would not do: it weighs a word by how many products have it, so that each new product moves
# all others, and a cursor points elsewhere. Of two products alike, the one whose title says less besides comes first.
_RELEVANCE = "min(length(products.title_key), 999) - 1000 * ({places})"
_PLACE = "{weight} * (product_search.rowid IN (SELECT rowid FROM product_search WHERE product_search MATCH :{name}))"
_RANKED = """
SELECT relevance, id, number FROM (
    SELECT {relevance} AS relevance, products.id AS id, products.number AS number
    FROM product_search JOIN products ON products.number = product_search.rowid
    WHERE product_search MATCH :words AND {conditions}
)
WHERE :after_id IS NULL OR (relevance, id) > (:after_relevance, :after_id)
ORDER BY relevance, id LIMIT :limit
"""
_BODIES = """
SELECT products.id, products.body
FROM json_each(?) AS hits JOIN products ON products.number = hits.value ORDER BY hits.key
"""
_CATEGORIES = """
WITH RECURSIVE up (product, category_id) AS (
    SELECT product, category_id FROM json_each(:hits) AS hits JOIN product_categories ON product = hits.value
    UNION
    SELECT up.product, categories.parent_id FROM up JOIN categories ON categories.id = up.category_id
    WHERE categories.parent_id IS NOT NULL
)
SELECT categories.slug, count(*) FROM up JOIN categories ON categories.id = up.category_id
GROUP BY categories.slug ORDER BY count(*) DESC, categories.slug LIMIT :values
"""
_BRANDS = """
SELECT brand, count(*) FROM json_each(:hits) AS hits JOIN products ON number = hits.value
WHERE brand IS NOT NULL GROUP BY brand ORDER BY count(*) DESC, brand LIMIT :values
"""
_TAGS = """
SELECT tag, count(*) FROM json_each(:hits) AS hits JOIN product_tags ON product = hits.value
GROUP BY tag ORDER BY count(*) DESC, tag LIMIT :values
"""
_SPANS = """
SELECT lowest, highest FROM json_each(:hits) AS hits JOIN product_prices ON product = hits.value
WHERE currency = :currency
"""

_Ranked: TypeAlias = tuple[int, str, int]  # relevance, id, number


def search(
    connection: sqlite3.Connection, text: str, wanted: ProductFilter, after: Position | None, limit: int
) -> SearchHits:
    """One page by relevance, with the total and the facets of the whole search; see the port."""
    words = words_of(text)
    if not words:
        return SearchHits(items=(), total=0, total_is_exact=True, facets=Facets())
    counted = _ranked(connection, words, wanted, None, COUNTED_HITS + 1)
    page = counted[: limit + 1] if after is None else _ranked(connection, words, wanted, after, limit + 1)
    first = [number for *_, number in counted[:COUNTED_HITS]]
    return SearchHits(
        items=tuple(_products(connection, [number for *_, number in page[:limit]])),
        total=len(first),
        total_is_exact=len(counted) <= COUNTED_HITS,
        facets=_facets(connection, first, wanted.currency),
        next_position=page[limit - 1][:2] if len(page) > limit else None,
    )


def words_of(text: str) -> tuple[str, ...]:
    """The words as FTS5 takes them: each quoted, so that nothing in it is syntax, and good for a word's beginning."""
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFC", text))
    distinct = list(dict.fromkeys(word.casefold()[:LONGEST_WORD] for word in words))
    return tuple(f'"{word}"*' for word in distinct[:MAX_WORDS])


def _ranked(
    connection: sqlite3.Connection, words: Sequence[str], wanted: ProductFilter, after: Position | None, limit: int
) -> list[_Ranked]:
    places = _places(words)
    scored = " + ".join(_PLACE.format(weight=WEIGHTS[name.partition("_")[0]], name=name) for name in places)
    query = _RANKED.format(relevance=_RELEVANCE.format(places=scored), conditions=conditions(wanted))
    relevance, product_id = after or (None, None)
    position = {"after_relevance": relevance, "after_id": product_id, "words": " ".join(words), "limit": limit}
    return connection.execute(query, {**parameters(wanted), **position, **places}).fetchall()


def _places(words: Sequence[str]) -> dict[str, str]:
    """What is looked for, column by column: all of the words, and, where there are several, any of them."""
    joined = {"all": " AND ".join(words), **({"any": " OR ".join(words)} if len(words) > 1 else {})}
    return {
        f"{column}_{which}": f"{{{column}}} : ({expression})"
        for column in WEIGHTS
        for which, expression in joined.items()
    }


def _products(connection: sqlite3.Connection, numbers: Sequence[int]) -> Sequence[Product]:
    return readable(connection.execute(_BODIES, (key_list(numbers),)))


def _facets(connection: sqlite3.Connection, numbers: Sequence[int], currency: str) -> Facets:
    hits = key_list(numbers)

    def counted(query: str) -> tuple[FacetValue, ...]:
        rows = connection.execute(query, {"hits": hits, "values": FACET_VALUES})
        return tuple(FacetValue(value=value, count=count) for value, count in rows)

    spans = connection.execute(_SPANS, {"hits": hits, "currency": currency}).fetchall()
    return Facets(category=counted(_CATEGORIES), brand=counted(_BRANDS), tag=counted(_TAGS), price=price_bands(spans))
