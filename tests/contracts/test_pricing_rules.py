"""Shipping methods, tax rates and coupons, on every store."""

import pytest
from tests.contracts.stores import Store

from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.pricing.ports import Coupons, PriceRules, ShippingMethods, TaxRates
from shopcore.testing.contracts.coupons import CouponsContract
from shopcore.testing.contracts.pricing_rules import PriceRulesContract, ShippingMethodsContract, TaxRatesContract


class TestShippingMethods(ShippingMethodsContract):
    @pytest.fixture
    def unit_of_work(self, store: Store) -> UnitOfWork:
        return store.unit_of_work

    @pytest.fixture
    def shipping_methods(self, store: Store) -> ShippingMethods:
        return store.shipping_methods


class TestTaxRates(TaxRatesContract):
    @pytest.fixture
    def unit_of_work(self, store: Store) -> UnitOfWork:
        return store.unit_of_work

    @pytest.fixture
    def tax_rates(self, store: Store) -> TaxRates:
        return store.tax_rates


class TestPriceRules(PriceRulesContract):
    @pytest.fixture
    def unit_of_work(self, store: Store) -> UnitOfWork:
        return store.unit_of_work

    @pytest.fixture
    def price_rules(self, store: Store) -> PriceRules:
        return store.price_rules

    @pytest.fixture
    def shipping_methods(self, store: Store) -> ShippingMethods:
        return store.shipping_methods

    @pytest.fixture
    def tax_rates(self, store: Store) -> TaxRates:
        return store.tax_rates


class TestCoupons(CouponsContract):
    @pytest.fixture
    def unit_of_work(self, store: Store) -> UnitOfWork:
        return store.unit_of_work

    @pytest.fixture
    def coupons(self, store: Store) -> Coupons:
        return store.coupons
