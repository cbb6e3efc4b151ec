"""Slugs and SKUs for what a Shopify export leaves unnamed: the same ones from the same file, each time."""

import hashlib
from collections import Counter
from collections.abc import Sequence

from shopcore.catalog.model import slugify
from shopcore.kernel.ids import Sku

LONGEST_SKU = 80  # fits a label and a command line; what would be longer ends in a digest of the whole
_DIGITS = 8  # of a digest that tells apart what looks the same within one product
_DIGITS_OF_WHOLE = 16


def _digest(text: str, digits: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:digits]


def slug_of(handle: str) -> str:
    """The handle itself where it is a slug; else the nearest one and a digest, so that no two handles share one."""
    plain = handle.strip().lower()
    slug = slugify(plain)
    return slug if slug == plain else "-".join(filter(None, (slug, _digest(plain, _DIGITS))))


def generated_skus(slug: str, combinations: Sequence[tuple[str, ...]]) -> tuple[Sku, ...]:
    """A SKU for each combination of option values: the slug and the values in upper case, joined by underscores.

    They depend on nothing but the arguments, not even on their order, and differ where the combinations do: values of
    one option that would look the same carry a digest. No slug holds an underscore, so products cannot meet either.
    """
    looks = [Counter(slugify(value) for value in set(column)) for column in zip(*combinations, strict=True)]
    return tuple(
        _sku([slug, *(_part(value, seen) for value, seen in zip(values, looks, strict=True))])
        for values in combinations
    )


def _part(value: str, looks: Counter[str]) -> str:
    plain = slugify(value)
    return plain if plain and looks[plain] == 1 else "-".join(filter(None, (plain, _digest(value, _DIGITS))))


def _sku(parts: Sequence[str]) -> Sku:
    whole = "_".join(parts).upper()
    if len(whole) <= LONGEST_SKU:
        return Sku(whole)
    return Sku(f"{whole[: LONGEST_SKU - _DIGITS_OF_WHOLE - 1]}-{_digest(whole, _DIGITS_OF_WHOLE).upper()}")
