"""Slugs and SKUs that are made where an export has none."""

from collections.abc import Callable, Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.planted import caught

from shopcore.adapters.files.shopify_names import LONGEST_SKU, generated_skus, slug_of
from shopcore.catalog.model import slugify

Combinations = list[tuple[str, ...]]
Namer = Callable[[str, Sequence[tuple[str, ...]]], Sequence[str]]

values = st.text(st.sampled_from("aAbé日 -_/"), min_size=1, max_size=4) | st.text(
    st.characters(codec="utf-8"), min_size=1
)
combinations = st.integers(0, 3).flatmap(
    lambda options: st.lists(st.tuples(*[values] * options), min_size=1, max_size=6, unique=True)
)
handles = st.text(st.sampled_from("abé-_ "), min_size=1, max_size=6).filter(str.strip) | st.from_regex(
    r"[a-z]+(-[a-z0-9]+)*", fullmatch=True
)
names = handles.map(lambda handle: handle.strip().lower())
products = st.dictionaries(names, combinations, max_size=4)


def check_distinct(products: dict[str, Combinations], namer: Namer = generated_skus) -> None:
    """No two variants of a shop get the same SKU."""
    skus = [sku for handle, rows in products.items() for sku in namer(slug_of(handle), rows)]

    assert len(set(skus)) == len(skus)


@given(products)
def test_no_two_variants_get_the_same_sku(products: dict[str, Combinations]) -> None:
    check_distinct(products)


def test_that_check_notices_a_naive_sku() -> None:
    """Joining what is left of handle and values lets `a-b` + `c` meet `a` + `b-c`, and `Red` meet `red`."""

    def naive(slug: str, rows: Sequence[tuple[str, ...]]) -> list[str]:
        return ["-".join([slug, *map(slugify, row)]).upper() for row in rows]

    assert caught(lambda some: check_distinct(some, naive), products)


@given(handles, combinations, st.randoms())
def test_a_sku_depends_on_the_values_alone(handle: str, rows: Combinations, chance: Random) -> None:
    """The order of the rows may change, and nothing else is looked at."""
    shuffled = list(rows)
    chance.shuffle(shuffled)
    slug = slug_of(handle)

    assert dict(zip(rows, generated_skus(slug, rows), strict=True)) == dict(
        zip(shuffled, generated_skus(slug, shuffled), strict=True)
    )


@given(handles, combinations)
def test_a_sku_can_be_typed(handle: str, rows: Combinations) -> None:
    for sku in generated_skus(slug_of(handle), rows):
        assert set(sku) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")
        assert 0 < len(sku) <= LONGEST_SKU


@given(st.sets(names))
def test_no_two_handles_get_the_same_slug(handles: set[str]) -> None:
    assert len({slug_of(handle) for handle in handles}) == len(handles)


@pytest.mark.parametrize(
    ("handle", "values", "sku"),
    [
        ("ocean-blue-shirt", (), "OCEAN-BLUE-SHIRT"),
        ("classic-varsity-top", ("Small",), "CLASSIC-VARSITY-TOP_SMALL"),
        ("mug", ("Extra Large", "Café/Crème"), "MUG_EXTRA-LARGE_CAFE-CREME"),
        ("mug", ("日本",), "MUG_CF2ABF0C"),
        ("x" * 90, ("S",), f"{'X' * 63}-E26507CF533BBDB2"),
    ],
)
def test_what_a_sku_looks_like(handle: str, values: tuple[str, ...], sku: str) -> None:
    """Written down, because a SKU that changed from one release to the next would be another one."""
    assert generated_skus(slug_of(handle), [values]) == (sku,)


def test_values_that_look_the_same_carry_a_digest() -> None:
    skus = generated_skus("mug", [("Red",), ("red",), ("Blue",)])

    assert skus[2] == "MUG_BLUE"
    assert [sku[:8] for sku in skus[:2]] == ["MUG_RED-", "MUG_RED-"]
