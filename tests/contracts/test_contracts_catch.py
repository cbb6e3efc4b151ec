"""The contracts are worth something when they catch an adapter that breaks them: here are some that do."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import msgspec
import pytest
from tests.contracts.stores import sqlite_store

from shopcore.adapters.local.keys import new_key_ring
from shopcore.adapters.local.sealing import AesGcmSealer
from shopcore.adapters.sqlite.database import Database
from shopcore.adapters.sqlite.levels import SqliteLevels
from shopcore.adapters.sqlite.listing import SqliteProductListing
from shopcore.adapters.sqlite.pricing_rules import (
    SqliteCoupons,
    SqlitePriceRules,
    SqliteShippingMethods,
    SqliteTaxRates,
)
from shopcore.adapters.sqlite.products import SqliteProducts
from shopcore.adapters.sqlite.reservations import SqliteReservations
from shopcore.catalog.model import Product, ProductFilter, ProductSort, SearchHits, Variant
from shopcore.catalog.ports import leave_out
from shopcore.inventory.errors import OutOfStock
from shopcore.inventory.model import LevelChange, MovementKind, Reservation
from shopcore.kernel.ids import OrderId, ProductId, Sku, VariantId
from shopcore.kernel.paging import Position, Slice
from shopcore.kernel.stores import StoreUnusable
from shopcore.pricing.model import Coupon, CouponHolder, PricingRules
from shopcore.testing.contracts.coupons import CouponsContract
from shopcore.testing.contracts.edited_products import NONSENSE, EditedProductsContract
from shopcore.testing.contracts.levels_from_files import LevelsFromFilesContract
from shopcore.testing.contracts.pricing_rules import PriceRulesContract
from shopcore.testing.contracts.product_listing import ProductListingContract, sample
from shopcore.testing.contracts.product_search import ProductSearchContract
from shopcore.testing.contracts.products import ProductsContract
from shopcore.testing.contracts.reservations import ReservationsContract

pytestmark = pytest.mark.anyio

replace = msgspec.structs.replace


class ForgetfulProducts(SqliteProducts):
    """Reads, thinks, and writes over what others wrote meanwhile."""

    async def update(self, product_id: ProductId, change: Callable[[Product], Product]) -> Product:
        thought = change(await self.get(product_id))
        await asyncio.sleep(0)
        return await super().update(product_id, lambda _: thought)


async def test_a_lost_update_is_caught(memory: Database) -> None:
    """By concurrent updates of one product."""
    with pytest.raises(AssertionError):
        await ProductsContract().test_concurrent_updates_lose_nothing(ForgetfulProducts(memory))


class ForgivingProducts(SqliteProducts):
    """Takes what cannot be read for what does not exist, whoever asks."""

    async def find_variants(
        self, variant_ids: Sequence[VariantId], unreadable: Callable[[StoreUnusable], None] = leave_out
    ) -> Mapping[VariantId, tuple[Product, Variant]]:
        return await super().find_variants(variant_ids, unreadable)


async def test_a_store_that_takes_the_unreadable_for_absent_is_caught(memory: Database) -> None:
    """By whoever asks for several and says nothing of those that cannot be read."""
    edit = sqlite_store(memory).edit
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        await EditedProductsContract().test_whoever_asks_for_it_is_told_what_to_do(
            ForgivingProducts(memory), edit, NONSENSE["a price below nothing"]
        )


class CountingListing(SqliteProductListing):
    """Pages by counting rows, so that a new product moves all others on by one."""

    async def page(
        self, wanted: ProductFilter, sort: ProductSort, after: Position | None, limit: int
    ) -> Slice[Product]:
        every = (await super().page(wanted, sort, None, 10_000)).items
        start = int(after[0] or 0) if after else 0
        more = len(every) > start + limit
        return Slice(items=every[start : start + limit], next_position=(start + limit,) if more else None)


async def test_paging_by_offset_is_caught(memory: Database) -> None:
    """By products that are added meanwhile."""
    products = SqliteProducts(memory)
    catalogue = [replace(sample(number), category_ids=()) for number in range(20)]
    for product in catalogue:
        await products.add(product)

    with pytest.raises(AssertionError):
        await ProductListingContract().test_products_added_meanwhile_disturb_no_page(
            CountingListing(memory), UncategorisedProducts(memory), ProductSort.NEWEST
        )


class RarityListing(SqliteProductListing):
    """Ranks by how rare a word is among all products, as bm25 does, so that a new product moves all others."""

    async def search(self, text: str, wanted: ProductFilter, after: Position | None, limit: int) -> SearchHits:
        commonness = (await super().search(text, wanted, None, 1)).total
        true = None if after is None else (int(after[0] or 0) - commonness, *after[1:])
        hits = await super().search(text, wanted, true, limit)
        last = hits.next_position
        moved = None if last is None else (int(last[0] or 0) + commonness, *last[1:])
        return replace(hits, next_position=moved)


async def test_a_ranking_that_others_move_is_caught(memory: Database) -> None:
    """By products that are added between the pages of a search."""
    products = UncategorisedProducts(memory)
    for number in range(12):
        await products.add(replace(sample(number), description="A thing"))

    with pytest.raises(AssertionError):
        await ProductSearchContract().test_pages_hold_every_hit_once_while_others_are_added(
            RarityListing(memory), products, "thing"
        )


class UncategorisedProducts(SqliteProducts):
    """Not a mistake: the sample products without the categories that this store does not have."""

    async def add(self, product: Product) -> None:
        await super().add(replace(product, category_ids=()))


class PiecemealReservations(SqliteReservations):
    """Takes line by line, and keeps what it has when the next one lacks."""

    async def reserve(self, reservation: Reservation, at: datetime) -> None:
        lacking: list[Sku] = []
        for number, line in enumerate(reservation.lines):
            part = replace(reservation, id=OrderId(f"{reservation.id}-{number}"), lines=(line,))
            try:
                await super().reserve(part, at)
            except OutOfStock as refusal:
                lacking.extend(refusal.skus)
        if lacking:
            raise OutOfStock(lacking)


async def test_a_reservation_of_some_lines_is_caught(memory: Database) -> None:
    """By a cart of which one line lacks."""
    with pytest.raises(AssertionError):
        await ReservationsContract().test_all_lines_or_none(PiecemealReservations(memory), SqliteLevels(memory))


class ForgetfulImports(SqliteLevels):
    """Takes a file in level by level, by a movement of its own each time, and forgets which figure it was."""

    async def take_in(self, changes: Sequence[LevelChange], *, reason: str, at: datetime) -> Sequence[Sku]:
        for number, change in enumerate(changes):
            if change.rules is not None:
                await self.set_rules(change.sku, tracked=change.rules[0], policy=change.rules[1])
            if change.on_hand is not None:
                known, kind = f"{change.movement_id}/{number}", MovementKind.ADJUSTED
                await self.set_on_hand(change.sku, change.on_hand, kind=kind, reason=reason, movement_id=known, at=at)
        return ()


async def test_a_file_that_is_taken_in_wrongly_is_caught(memory: Database) -> None:
    """By what is remembered of it; and by a figure of nothing, before which others were written."""
    with pytest.raises(AssertionError):
        await LevelsFromFilesContract().test_a_file_is_taken_in_at_once(ForgetfulImports(memory))
    other = await Database.open()
    with pytest.raises(AssertionError):
        await LevelsFromFilesContract().test_a_file_with_a_figure_of_nothing_changes_nothing(ForgetfulImports(other))
    await other.close()


class HeldPriceRules(SqlitePriceRules):
    """Looks once."""

    seen: PricingRules | None = None

    async def everything(self) -> PricingRules:
        self.seen = self.seen or await super().everything()
        return self.seen


async def test_rules_of_a_moment_ago_are_caught(memory: Database) -> None:
    """By a rule that changes between two looks."""
    ports = HeldPriceRules(memory), SqliteShippingMethods(memory), SqliteTaxRates(memory)
    with pytest.raises(AssertionError):
        await PriceRulesContract().test_a_change_counts_at_once(*ports)


class GenerousCoupons(SqliteCoupons):
    """Forgets every limit."""

    async def redeem(
        self, coupon: Coupon, order_id: OrderId, email: str, at: datetime, holder: CouponHolder | None = None
    ) -> None:
        await self.put(replace(coupon, usage_limit=None, per_customer_limit=None))
        await super().redeem(coupon, order_id, email, at, holder)


class SpitefulCoupons(SqliteCoupons):
    """Counts what an account used for the address that was typed, as if its owner had."""

    async def redeem(
        self, coupon: Coupon, order_id: OrderId, email: str, at: datetime, holder: CouponHolder | None = None
    ) -> None:
        await super().redeem(coupon, order_id, email, at, holder)
        await self._database.write(
            lambda connection: connection.execute("UPDATE coupon_redemptions SET customer_id = NULL")
        )


async def test_an_account_that_uses_up_another_s_coupons_is_noticed(memory: Database) -> None:
    with pytest.raises(pytest.fail.Exception):
        await CouponsContract().test_no_account_uses_up_another_s(SpitefulCoupons(memory, AesGcmSealer(new_key_ring())))


class ForgetfulCoupons(SqliteCoupons):
    """Counts the address that is typed alone, whoever is signed in."""

    async def redeem(
        self, coupon: Coupon, order_id: OrderId, email: str, at: datetime, holder: CouponHolder | None = None
    ) -> None:
        await super().redeem(coupon, order_id, email, at)


async def test_a_coupon_that_an_account_uses_again_under_another_address_is_caught(memory: Database) -> None:
    with pytest.raises(pytest.fail.Exception):
        await CouponsContract().test_an_account_has_a_limit_whatever_it_types(
            ForgetfulCoupons(memory, AesGcmSealer(new_key_ring()))
        )


class HastyCoupons(SqliteCoupons):
    """Goes on behind the one that was not shown yet."""

    async def page(self, after: Position | None, limit: int) -> Slice[Coupon]:
        found = await super().page(after, limit + 1)
        more = (found.items[-1].code,) if len(found.items) > limit else None
        return Slice(items=found.items[:limit], next_position=more)


async def test_a_page_of_coupons_that_skips_one_is_caught(memory: Database) -> None:
    with pytest.raises(AssertionError):
        await CouponsContract().test_pages_hold_every_coupon_once(HastyCoupons(memory, AesGcmSealer(new_key_ring())))


async def test_a_coupon_beyond_its_limit_is_caught(memory: Database) -> None:
    """By 20 orders at the same moment, and by one customer who comes back."""
    coupons = GenerousCoupons(memory, AesGcmSealer(new_key_ring()))
    for broken in (
        CouponsContract().test_a_limit_holds_however_many_come,
        CouponsContract().test_each_customer_has_a_limit,
    ):
        with pytest.raises(AssertionError):
            await broken(coupons)
