"""What a search reads of a product, and how well the product fits: the same in every store."""

import html
import re
import unicodedata
from collections.abc import Mapping, Sequence

from shopcore.catalog.model.products import Product

WEIGHTS: Mapping[str, int] = {"title": 10, "brand": 6, "tags": 4, "sku": 3, "description": 1}
"""The columns of the search, and what a word in each is worth."""

MAX_WORDS = 32
"""Of a longer text the first ones count: nobody means so many, and each is a look-up."""

LONGEST_WORD = 32
"""Letters of a word that count."""

COUNTED_HITS = 1_000
"""Totals are exact and facets complete up to here; a buyer who has more hits refines the search."""

FACET_VALUES = 100
"""Of each facet, the most frequent."""

LONGEST_MEASURED = 999
"""Letters: of titles that are longer none counts as longer than another."""

_MARKUP = re.compile(r"<[^>]*>")
_WORD = re.compile(r"[^\W_]+")


def sort_key(title: str) -> str:
    """What a title is sorted by: without case and accents, so that Élan stands beside elan."""
    if title.isascii():
        return title.lower()
    letters = unicodedata.normalize("NFKD", title.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def words_in(text: str) -> list[str]:
    """The words of a text, each once and in its order, without case and accents, cut to the letters that count."""
    return list(dict.fromkeys(word[:LONGEST_WORD] for word in _WORD.findall(sort_key(text))))


def searched_texts(product: Product) -> dict[str, str]:
    """The text of each column of the search; mark-up is not searched."""
    return {
        "title": product.title,
        "brand": product.brand or "",
        "tags": "\n".join(product.tags),
        "sku": "\n".join(variant.sku for variant in product.variants),
        "description": html.unescape(_MARKUP.sub(" ", product.description)),
    }


def measured_title(product: Product) -> int:
    """How long a title is: of two products alike, the one whose title says less besides comes first."""
    return min(len(sort_key(product.title)), LONGEST_MEASURED)


def relevance(places: Sequence[frozenset[str]]) -> int:
    """How well a product fits, from the columns that each word of the search stands in; more is better.

    A column counts where all words stand in it, and once more where any of several does.
    """
    everywhere, anywhere = frozenset.intersection(*places), frozenset.union(*places)
    found = sum(WEIGHTS[column] for column in everywhere)
    return found + sum(WEIGHTS[column] for column in anywhere) if len(places) > 1 else found
