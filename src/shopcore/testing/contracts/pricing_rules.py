"""The contracts of what a merchant sets in `shopcore.pricing.ports`: shipping methods, tax rates, and both together."""

import msgspec
import pytest

from shopcore.kernel.iso4217 import EXPONENTS
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.pricing.errors import RuleNotFound
from shopcore.pricing.model import (
    PricingRules,
    ShippingKind,
    ShippingMethod,
    ShippingRates,
    ShippingTier,
    TaxRate,
)
from shopcore.pricing.ports import PriceRules, ShippingMethods, TaxRates
from shopcore.testing.contracts.samples import Refused

replace = msgspec.structs.replace

STANDARD = ShippingMethod(
    code="standard",
    title="Standard",
    kind=ShippingKind.FLAT,
    rates={currency: ShippingRates(tiers=(ShippingTier(price=0),)) for currency in EXPONENTS},
)
"""What a new shop starts with: one free method, whatever it sells in."""

EXPRESS = ShippingMethod(
    code="express",
    title="Express",
    kind=ShippingKind.BY_WEIGHT,
    rates={"EUR": ShippingRates(tiers=(ShippingTier(price=900, up_to=2000), ShippingTier(price=1900)), free_over=9000)},
    countries=("AT", "DE"),
    position=1,
)
VAT = TaxRate(id="de", name="VAT", country="DE", millionths=190_000, included=True, on_shipping=True)


@pytest.mark.anyio
class ShippingMethodsContract:
    """Override `shipping_methods` (of a new shop) and `unit_of_work`."""

    @pytest.fixture
    def shipping_methods(self) -> ShippingMethods:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def unit_of_work(self) -> UnitOfWork:
        pytest.fail("override this fixture with the unit of work that the port joins")

    async def test_a_new_shop_sends_for_free(self, shipping_methods: ShippingMethods) -> None:
        """One method, in every currency, until the merchant says otherwise."""
        assert list(await shipping_methods.everything()) == [STANDARD]

    async def test_methods_are_put_and_replaced_by_code(self, shipping_methods: ShippingMethods) -> None:
        """By position, then code."""
        cheap = replace(EXPRESS, code="bicycle")
        first = replace(EXPRESS, code="zeppelin", position=-1)
        for method in (EXPRESS, cheap, replace(first, title="Airship"), first):
            await shipping_methods.put(method)

        assert list(await shipping_methods.everything()) == [first, STANDARD, cheap, EXPRESS]

    async def test_a_method_is_removed_once(self, shipping_methods: ShippingMethods) -> None:
        """The last one, too; what is not there cannot be removed."""
        await shipping_methods.remove("standard")

        assert list(await shipping_methods.everything()) == []
        with pytest.raises(RuleNotFound):
            await shipping_methods.remove("standard")

    async def test_an_undone_unit_leaves_nothing(
        self, shipping_methods: ShippingMethods, unit_of_work: UnitOfWork
    ) -> None:
        """Inside a unit its own writes are seen; when it raises, they never happened."""

        async def work() -> None:
            await shipping_methods.remove("standard")
            await shipping_methods.put(EXPRESS)
            assert list(await shipping_methods.everything()) == [EXPRESS]
            raise Refused

        with pytest.raises(Refused):
            await unit_of_work(work)
        assert list(await shipping_methods.everything()) == [STANDARD]


@pytest.mark.anyio
class TaxRatesContract:
    """Override `tax_rates` (of a new shop) and `unit_of_work`."""

    @pytest.fixture
    def tax_rates(self) -> TaxRates:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def unit_of_work(self) -> UnitOfWork:
        pytest.fail("override this fixture with the unit of work that the port joins")

    async def test_a_new_shop_has_no_tax(self, tax_rates: TaxRates) -> None:
        """Until one is set."""
        assert list(await tax_rates.everything()) == []

    async def test_rates_are_put_and_replaced_by_id(self, tax_rates: TaxRates) -> None:
        """By country, region (the whole country first) and name."""
        austria = replace(VAT, id="at", country="AT")
        bavaria = replace(VAT, id="by", region="BY")
        second = replace(VAT, id="aa", name="Zeal")
        for rate in (second, bavaria, replace(VAT, millionths=160_000, region="XX"), austria, VAT):
            await tax_rates.put(rate)

        assert list(await tax_rates.everything()) == [austria, VAT, second, bavaria]

    async def test_a_rate_is_removed_once(self, tax_rates: TaxRates) -> None:
        """What is not there cannot be removed."""
        await tax_rates.put(VAT)
        await tax_rates.remove("de")

        assert list(await tax_rates.everything()) == []
        with pytest.raises(RuleNotFound):
            await tax_rates.remove("de")

    async def test_an_undone_unit_leaves_nothing(self, tax_rates: TaxRates, unit_of_work: UnitOfWork) -> None:
        """Inside a unit its own writes are seen; when it raises, they never happened."""

        async def work() -> None:
            await tax_rates.put(VAT)
            assert list(await tax_rates.everything()) == [VAT]
            raise Refused

        with pytest.raises(Refused):
            await unit_of_work(work)
        assert list(await tax_rates.everything()) == []


@pytest.mark.anyio
class PriceRulesContract:
    """Override `price_rules`, `shipping_methods` and `tax_rates` (all of one new shop) and `unit_of_work`."""

    @pytest.fixture
    def price_rules(self) -> PriceRules:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def shipping_methods(self) -> ShippingMethods:
        pytest.fail("override this fixture with the shipping methods of the same shop")

    @pytest.fixture
    def tax_rates(self) -> TaxRates:
        pytest.fail("override this fixture with the tax rates of the same shop")

    @pytest.fixture
    def unit_of_work(self) -> UnitOfWork:
        pytest.fail("override this fixture with the unit of work that the ports join")

    async def test_both_are_told_in_their_order(
        self, price_rules: PriceRules, shipping_methods: ShippingMethods, tax_rates: TaxRates
    ) -> None:
        """As each port tells its own."""
        assert await price_rules.everything() == PricingRules(shipping_methods=(STANDARD,), tax_rates=())
        first, austria, bavaria = (
            replace(EXPRESS, code="zeppelin", position=-1),
            replace(VAT, id="z", country="AT"),
            replace(VAT, id="a", region="BY"),
        )
        for method in (EXPRESS, first):
            await shipping_methods.put(method)
        for rate in (bavaria, VAT, austria):
            await tax_rates.put(rate)

        told = await price_rules.everything()
        assert told.shipping_methods == (first, STANDARD, EXPRESS) == tuple(await shipping_methods.everything())
        assert told.tax_rates == (austria, VAT, bavaria) == tuple(await tax_rates.everything())

    async def test_a_change_counts_at_once(
        self, price_rules: PriceRules, shipping_methods: ShippingMethods, tax_rates: TaxRates
    ) -> None:
        """Also of a rule that was asked for a moment ago, and back again, and taken away."""
        dearer = replace(STANDARD, rates={"EUR": ShippingRates(tiers=(ShippingTier(price=1),))})
        for method, millionths in ((STANDARD, 190_000), (dearer, 160_000), (STANDARD, 190_000)):
            await shipping_methods.put(method)
            await tax_rates.put(replace(VAT, millionths=millionths))
            told = await price_rules.everything()
            assert (told.shipping_methods, told.tax_rates) == ((method,), (replace(VAT, millionths=millionths),))
        await shipping_methods.remove("standard")
        await tax_rates.remove(VAT.id)

        assert await price_rules.everything() == PricingRules(shipping_methods=(), tax_rates=())

    async def test_a_unit_is_told_its_own_writes(
        self, price_rules: PriceRules, tax_rates: TaxRates, unit_of_work: UnitOfWork
    ) -> None:
        """And nobody is, once they are undone."""

        async def work() -> None:
            await tax_rates.put(VAT)
            assert (await price_rules.everything()).tax_rates == (VAT,)
            raise Refused

        with pytest.raises(Refused):
            await unit_of_work(work)
        assert (await price_rules.everything()).tax_rates == ()
