"""The contract of `shopcore.catalog.ports.ProductListing`: its searches."""

import itertools
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopcore.catalog.model import Facets, FacetValue, Product, ProductFilter, ProductStatus, SearchHits, archive
from shopcore.catalog.ports import Categories, ProductListing, Products
from shopcore.kernel.paging import Position
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.testing.contracts.pages import through_a_cursor
from shopcore.testing.contracts.product_listing import CATALOGUE, FILTERS, TREE, shows
from shopcore.testing.contracts.samples import NOON, a_product, a_variant

replace = msgspec.structs.replace
USD = ProductFilter(currency="USD")

TEXTS = (
    replace(a_product("title"), title="Grüner Wollpullover"),
    replace(a_product("brand"), title="Socken", brand="Wollwerk"),
    replace(a_product("tags"), title="Schal", tags=("warm", "wolle")),
    replace(a_product("sku"), title="Hut", variants=(a_variant("sku-1", sku="WOLL-77-XL"),)),
    replace(a_product("description"), title="Mantel", description="<p>Aus <b>reiner</b> Wolle &amp; Seide.</p>"),
    replace(a_product("none"), title="Crème brûlée", description="<p class='wollig'>Zucker</p>"),
    replace(a_product("draft"), title="Wolldecke", status=ProductStatus.DRAFT),
)
HOSTILE = (
    '"',
    "'",
    "woll*",
    "woll OR hut",
    "NOT woll",
    "woll AND (",
    "NEAR(woll hut)",
    "title:woll",
    "{title brand}: woll",
    "-woll",
    "^woll",
    "woll\x00hut",
    "'; DROP TABLE products; --",
    "🧶",
    "",
    " \t\n",
    "_",
    "%",
    "w" * 10_000,
    "woll " * 2_000,
    " ".join(f"w{number}" for number in range(2_000)),
    "\u0301",
    "\udcff",
)


def ids_of(hits: SearchHits) -> list[str]:
    """The ids of a page of hits, in their order."""
    return [product.id for product in hits.items]


@pytest.mark.anyio
class ProductSearchContract:
    """Override `listing`, and `products`, `categories` and `unit_of_work` of the same store."""

    @pytest.fixture
    def listing(self) -> ProductListing:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def products(self) -> Products:
        pytest.fail("override this fixture with the products of the same store")

    @pytest.fixture
    def categories(self) -> Categories:
        pytest.fail("override this fixture with the categories of the same store")

    @pytest.fixture
    def unit_of_work(self) -> UnitOfWork:
        pytest.fail("override this fixture with the unit of work that the ports join")

    @pytest.fixture
    async def texts(self, products: Products) -> Sequence[Product]:
        """Products that have the word in one place each."""
        for product in TEXTS:
            await products.add(product)
        return TEXTS

    @pytest.fixture
    async def catalogue(
        self, products: Products, categories: Categories, unit_of_work: UnitOfWork
    ) -> Sequence[Product]:
        """The sample catalogue, each of its products described as a thing."""
        described = [replace(product, description="<i>A thing</i>") for product in CATALOGUE]

        async def work() -> None:
            for category in TREE:
                await categories.add(category)
            for product in described:
                await products.add(product)

        await unit_of_work(work)
        return described

    async def test_hits_stand_by_where_the_word_is(self, listing: ProductListing, texts: Sequence[Product]) -> None:
        """Title before brand, tags, SKU and description; drafts and mark-up are not searched."""
        hits = await listing.search("woll", USD, None, 20)

        assert ids_of(hits) == ["title", "brand", "tags", "sku", "description"]
        assert (hits.total, hits.total_is_exact, hits.next_position) == (5, True, None)
        assert hits.items[0] == texts[0]

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("creme BRULEE", ["none"]),
            ("cre\u0300me", ["none"]),
            ("GRÜN wollpull", ["title"]),
            ("pullover", []),
            ("wolle mantel", ["description"]),
            ("seide, wolle!", ["description"]),
            ("woll-77", ["sku"]),
            ("hut zucker", []),
            ("amp", []),
        ],
    )
    @pytest.mark.usefixtures("texts")
    async def test_every_word_begins_a_word(self, listing: ProductListing, text: str, expected: list[str]) -> None:
        """All words must be found, each at the start of a word, without regard to case and accents."""
        assert ids_of(await listing.search(text, USD, None, 20)) == expected

    @pytest.mark.parametrize("text", HOSTILE)
    @pytest.mark.usefixtures("texts")
    async def test_any_text_is_a_search(self, listing: ProductListing, text: str) -> None:
        """Nothing in a text is syntax, and none is too long or too odd; what has no word finds nothing."""
        hits = await listing.search(text, USD, None, 20)

        assert hits.total == len(hits.items)
        if not any(character.isalnum() for character in text):
            assert hits == SearchHits(items=(), total=0, total_is_exact=True, facets=Facets())

    @given(text=st.text(max_size=40))
    @settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
    async def test_no_text_breaks_a_search(self, listing: ProductListing, text: str) -> None:
        """Whatever Hypothesis thinks of."""
        assert (await listing.search(text, USD, None, 20)).total == 0

    async def test_a_product_is_found_by_any_beginning_of_its_words(
        self, listing: ProductListing, texts: Sequence[Product]
    ) -> None:
        """Each title is found by every beginning of each of its words."""
        for product in texts[:-1]:
            for word in product.title.split():
                for length in range(1, len(word) + 1):
                    assert product.id in ids_of(await listing.search(word[:length], USD, None, 20))

    async def test_filters_narrow_a_search(self, listing: ProductListing, catalogue: Sequence[Product]) -> None:
        """The hits are those that a listing with the filter would show, too."""
        for wanted in FILTERS:
            if wanted.in_stock is not None:
                continue
            hits = await listing.search("thing", wanted, None, 100)
            assert set(ids_of(hits)) == {one.id for one in catalogue if shows(wanted, one)}, wanted
            assert hits.total == len(hits.items)

    @pytest.mark.parametrize("limit", [1, 4, 7])
    @pytest.mark.usefixtures("catalogue")
    async def test_pages_hold_every_hit_once(self, listing: ProductListing, limit: int) -> None:
        """In the order of one large page, with the same total and facets on each."""
        whole = await listing.search("thing", USD, None, 100)
        seen: list[str] = []
        after: Position | None = None
        while True:
            page = await listing.search("thing", USD, after, limit)
            assert (page.total, page.facets) == (whole.total, whole.facets)
            seen.extend(ids_of(page))
            after = through_a_cursor(page.next_position)
            if after is None:
                break

        assert seen == ids_of(whole)

    @pytest.mark.parametrize("text", ["thing", "thing acme"])
    @pytest.mark.usefixtures("catalogue")
    async def test_pages_hold_every_hit_once_while_others_are_added(
        self, listing: ProductListing, products: Products, text: str
    ) -> None:
        """Some better than what is shown, some worse, and some alike; with the words and without."""
        titles = iter(["Thing", "Red thing", "Very red thing indeed", "Else", "Something"] * 3)
        before = ids_of(await listing.search(text, USD, None, 100))
        seen: list[str] = []
        after: Position | None = None
        while True:
            page = await listing.search(text, USD, after, 1)
            seen.extend(ids_of(page))
            after = through_a_cursor(page.next_position)
            if after is None:
                break
            for title in itertools.islice(titles, 2):
                await products.add(replace(a_product(f"{len(seen)}-{title}"), title=title, description="A thing " * 9))

        assert next(titles, None) is None
        assert len(before) <= len(seen) == len(set(seen))
        assert [product_id for product_id in seen if product_id in before] == before

    @pytest.mark.usefixtures("catalogue")
    async def test_a_facet_counts_what_filtering_by_it_gives(self, listing: ProductListing) -> None:
        """Each count is the total of the same search with that value as filter, and no value is left out."""
        facets = (await listing.search("thing", USD, None, 20)).facets

        async def total(wanted: ProductFilter) -> int:
            return (await listing.search("thing", wanted, None, 20)).total

        assert {value.value for value in facets.brand} == {"Acme", "Blau"}
        assert {value.value for value in facets.tag} == {"red", "blue", "sale"}
        assert {value.value for value in facets.category} == {category.slug for category in TREE}
        for value in facets.brand:
            assert value.count == await total(replace(USD, brand=value.value))
        for value in facets.tag:
            assert value.count == await total(replace(USD, tag=value.value))
        for value in facets.category:
            assert value.count == await total(replace(USD, category=value.value))
        for value in facets.price:
            low, high = map(int, value.value.split("-"))
            assert value.count == await total(replace(USD, min_price=low, max_price=high))

    @pytest.mark.usefixtures("catalogue")
    async def test_facets_stand_by_count(self, listing: ProductListing) -> None:
        """The most frequent value first; prices by band."""
        facets = (await listing.search("thing", USD, None, 20)).facets

        for values in (facets.brand, facets.tag, facets.category):
            assert [value.count for value in values] == sorted((value.count for value in values), reverse=True)
        starts = [int(value.value.split("-")[0]) for value in facets.price]
        assert starts == sorted(starts)

    async def test_a_change_shows_at_once(self, listing: ProductListing, products: Products) -> None:
        """New words find a product, old ones do not, and what is archived is not found at all."""
        await products.add(a_product("shirt"))
        await products.update(a_product("shirt").id, lambda old: replace(old, title="Blouse"))

        assert ids_of(await listing.search("shirt", USD, None, 20)) == ["shirt"]  # its SKU still says so
        assert ids_of(await listing.search("blouse", USD, None, 20)) == ["shirt"]
        await products.update(a_product("shirt").id, lambda old: replace(old, variants=(a_variant("x"),)))
        assert ids_of(await listing.search("shirt", USD, None, 20)) == []
        await products.update(a_product("shirt").id, lambda old: archive(old, NOON))
        assert ids_of(await listing.search("blouse", USD, None, 20)) == []

    async def test_totals_are_exact_to_a_thousand(
        self, listing: ProductListing, products: Products, unit_of_work: UnitOfWork
    ) -> None:
        """With one hit more the total says that it is not exact; and the pages still reach every hit."""

        async def add(numbers: range) -> None:
            for number in numbers:
                await products.add(replace(a_product(f"thing-{number}"), brand="Acme"))

        await unit_of_work(lambda: add(range(1_000)))
        exact = await listing.search("thing", USD, None, 1)
        await unit_of_work(lambda: add(range(1_000, 1_030)))
        more = await listing.search("thing", USD, None, 1)

        assert (exact.total, exact.total_is_exact) == (1_000, True)
        assert (more.total, more.total_is_exact) == (1_000, False)
        assert more.facets.brand == (FacetValue(value="Acme", count=1_000),)
        seen: list[str] = []
        after: Position | None = None
        while len(seen) < 1_030:
            page = await listing.search("thing", USD, after, 100)
            seen.extend(ids_of(page))
            after = through_a_cursor(page.next_position)
        assert after is None
        assert len(set(seen)) == 1_030
