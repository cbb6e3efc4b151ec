"""Staff change the rules: checked, in one unit with the audit entry, and by permission only."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest
from msgspec.structs import replace

from shopcore.adapters.local.clock import SystemClock
from shopcore.adapters.local.ids import LocalIds
from shopcore.adapters.local.keys import new_key_ring
from shopcore.adapters.local.sealing import AesGcmSealer, HmacSigner
from shopcore.adapters.sqlite.audit_log import SqliteAuditLog
from shopcore.adapters.sqlite.connections import MEMORY
from shopcore.adapters.sqlite.database import Database, SqliteUnitOfWork
from shopcore.adapters.sqlite.pricing_rules import SqliteCoupons, SqliteShippingMethods, SqliteTaxRates
from shopcore.audit.model import Entry
from shopcore.audit.use_cases.record_entry import RecordEntry
from shopcore.kernel.actor import Guest, Staff
from shopcore.kernel.audit import Audit
from shopcore.kernel.errors import Forbidden, InvalidInput, Unauthenticated
from shopcore.pricing.errors import RuleNotFound
from shopcore.pricing.model import (
    Coupon,
    CouponKind,
    PricingRules,
    ShippingKind,
    ShippingMethod,
    ShippingRates,
    ShippingTier,
    TaxRate,
    figures,
)
from shopcore.pricing.use_cases.list_coupons import ListCoupons
from shopcore.pricing.use_cases.list_rules import ListRules
from shopcore.pricing.use_cases.put_coupon import PutCoupon
from shopcore.pricing.use_cases.put_shipping_method import PutShippingMethod
from shopcore.pricing.use_cases.put_tax_rate import PutTaxRate
from shopcore.pricing.use_cases.remove_shipping_method import RemoveShippingMethod
from shopcore.pricing.use_cases.remove_tax_rate import RemoveTaxRate

pytestmark = pytest.mark.anyio

ADA = Staff(name="ada", permissions=frozenset({"pricing:read", "pricing:write"}))
READER = Staff(name="bob", permissions=frozenset({"pricing:read"}))
EXPRESS = ShippingMethod(
    code="express",
    title="Express",
    kind=ShippingKind.FLAT,
    rates={"EUR": ShippingRates(tiers=(ShippingTier(price=990),))},
    position=5,
)
VAT = TaxRate(id="de-vat", name="VAT", country="DE", millionths=190_000, included=True)
TEN = Coupon(code="TEN", kind=CouponKind.PERCENTAGE, basis_points=1_000)


@dataclass(frozen=True, kw_only=True, slots=True)
class Office:
    """What staff can do to the rules, and the log of it."""

    put_shipping_method: PutShippingMethod
    remove_shipping_method: RemoveShippingMethod
    put_tax_rate: PutTaxRate
    remove_tax_rate: RemoveTaxRate
    put_coupon: PutCoupon
    list_rules: ListRules
    list_coupons: ListCoupons
    log: SqliteAuditLog

    async def entries(self) -> list[Entry]:
        return list((await self.log.page(None, 100)).items)


def office_over(database: Database, audit: Audit, log: SqliteAuditLog) -> Office:
    unit, coupons = SqliteUnitOfWork(database), SqliteCoupons(database, AesGcmSealer(new_key_ring()))
    methods, rates = SqliteShippingMethods(database), SqliteTaxRates(database)
    return Office(
        put_shipping_method=PutShippingMethod(unit_of_work=unit, shipping_methods=methods, audit=audit),
        remove_shipping_method=RemoveShippingMethod(unit_of_work=unit, shipping_methods=methods, audit=audit),
        put_tax_rate=PutTaxRate(unit_of_work=unit, tax_rates=rates, ids=LocalIds(), audit=audit),
        remove_tax_rate=RemoveTaxRate(unit_of_work=unit, tax_rates=rates, audit=audit),
        put_coupon=PutCoupon(unit_of_work=unit, coupons=coupons, audit=audit),
        list_rules=ListRules(shipping_methods=methods, tax_rates=rates),
        list_coupons=ListCoupons(coupons=coupons, signer=HmacSigner(new_key_ring())),
        log=log,
    )


@pytest.fixture
async def database() -> AsyncIterator[Database]:
    opened = await Database.open(MEMORY)
    try:
        yield opened
    finally:
        await opened.close()


@pytest.fixture
def office(database: Database) -> Office:
    log = SqliteAuditLog(database)
    return office_over(database, RecordEntry(audit_log=log, clock=SystemClock()), log)


async def test_what_staff_put_is_listed(office: Office) -> None:
    """Beside the free shipping method that a new shop has."""
    await office.put_shipping_method(ADA, EXPRESS)
    await office.put_tax_rate(ADA, VAT)
    await office.put_coupon(ADA, TEN)
    rules = await office.list_rules(READER)

    assert [method.code for method in rules.shipping_methods] == ["standard", "express"]
    assert rules.shipping_methods[1] == EXPRESS
    assert rules.tax_rates == (VAT,)
    assert list((await office.list_coupons(READER)).items) == [TEN]


async def test_a_rule_is_replaced_and_removed_with_an_entry_each(office: Office) -> None:
    """The log says what it was before and after, and by whom."""
    dearer = replace(EXPRESS, rates={"EUR": ShippingRates(tiers=(ShippingTier(price=1_190),))})
    await office.put_shipping_method(ADA, EXPRESS)
    await office.put_shipping_method(ADA, dearer)
    await office.remove_shipping_method(ADA, "express")

    added, changed, removed = await office.entries()
    assert (added.before, added.after) == ({}, figures(EXPRESS))
    assert (changed.before, changed.after) == (figures(EXPRESS), figures(dearer))
    assert (removed.before, removed.after) == (figures(dearer), {})
    assert {entry.subject for entry in (added, changed, removed)} == {"shipping_method:express"}
    assert {entry.actor for entry in (added, changed, removed)} == {"staff:ada"}


async def test_a_new_tax_rate_is_given_an_id(office: Office) -> None:
    """And can be changed and removed by it."""
    stored = await office.put_tax_rate(ADA, replace(VAT, id=""))
    await office.put_tax_rate(ADA, replace(stored, millionths=70_000))

    assert stored.id
    assert (await office.list_rules(ADA)).tax_rates == (replace(stored, millionths=70_000),)
    await office.remove_tax_rate(ADA, stored.id)
    assert (await office.list_rules(ADA)).tax_rates == ()


async def test_a_coupon_is_switched_off_not_removed(office: Office) -> None:
    """Putting it again replaces it by its code."""
    await office.put_coupon(ADA, TEN)
    await office.put_coupon(ADA, replace(TEN, active=False))

    assert list((await office.list_coupons(ADA)).items) == [replace(TEN, active=False)]
    assert [entry.before for entry in await office.entries()] == [{}, figures(TEN)]


async def test_every_bad_field_is_named_and_nothing_is_written(office: Office) -> None:
    """A form is not corrected one field at a time."""
    with pytest.raises(InvalidInput) as refusal:
        await office.put_tax_rate(ADA, TaxRate(id="x", name="", country="??", millionths=-1, region="?"))

    assert [error.field for error in refusal.value.errors] == ["name", "country", "millionths", "region"]
    with pytest.raises(InvalidInput):
        await office.put_shipping_method(ADA, replace(EXPRESS, rates={}))
    with pytest.raises(InvalidInput):
        await office.put_coupon(ADA, replace(TEN, code="ten"))
    assert await office.entries() == []
    assert (await office.list_rules(ADA)).tax_rates == ()


async def test_what_is_not_there_cannot_be_removed(office: Office) -> None:
    """And leaves no entry."""
    with pytest.raises(RuleNotFound):
        await office.remove_shipping_method(ADA, "express")
    with pytest.raises(RuleNotFound):
        await office.remove_tax_rate(ADA, "de-vat")

    assert await office.entries() == []


Act = Callable[[Office, Guest | Staff], Awaitable[object]]
WRITES: list[Act] = [
    lambda office, actor: office.put_shipping_method(actor, EXPRESS),
    lambda office, actor: office.remove_shipping_method(actor, "standard"),
    lambda office, actor: office.put_tax_rate(actor, VAT),
    lambda office, actor: office.remove_tax_rate(actor, "de-vat"),
    lambda office, actor: office.put_coupon(actor, TEN),
]


@pytest.mark.parametrize("act", WRITES)
async def test_writing_needs_its_permission(office: Office, act: Act) -> None:
    """Reading is not enough, and a guest is nobody."""
    before = await office.list_rules(ADA)
    with pytest.raises(Forbidden, match="pricing:write"):
        await act(office, READER)
    with pytest.raises(Unauthenticated):
        await act(office, Guest())

    assert await office.list_rules(ADA) == before


async def test_reading_needs_its_permission(office: Office) -> None:
    """Coupons are secrets of a kind."""
    with pytest.raises(Forbidden, match="pricing:read"):
        await office.list_rules(Staff(name="eve"))
    with pytest.raises(Unauthenticated):
        await office.list_rules(Guest())
    with pytest.raises(Forbidden, match="pricing:read"):
        await office.list_coupons(Staff(name="eve"))


class FullLog:
    """Planted: an audit log that cannot take the entry."""

    async def record(self, *_: object, **__: object) -> None:
        raise RuntimeError("the log is full")


async def test_without_its_entry_a_change_is_undone(database: Database) -> None:
    """Both are one unit of work: a rule that nobody answers for is never stored."""
    office = office_over(database, FullLog(), SqliteAuditLog(database))
    before: PricingRules = await office.list_rules(ADA)
    for act in WRITES[:3]:
        with pytest.raises(RuntimeError, match="full"):
            await act(office, ADA)

    assert await office.list_rules(ADA) == before
