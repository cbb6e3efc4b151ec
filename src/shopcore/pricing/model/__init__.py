"""What everything costs, and why: a pure function from intent and rules to money, with every cent explained."""

from shopcore.pricing.model.discounts import in_force, unmet, usable
from shopcore.pricing.model.quotes import Basis, PricedLine, Quote, QuotedLine, Step, StepKind
from shopcore.pricing.model.quoting import prices_paid, quote, shipping_options
from shopcore.pricing.model.rules import (
    Coupon,
    CouponHolder,
    CouponKind,
    PricingRules,
    Rule,
    ShippingKind,
    ShippingMethod,
    ShippingRates,
    ShippingTier,
    TaxRate,
    figures,
)
from shopcore.pricing.model.shipping import shipping_fee
from shopcore.pricing.model.taxes import applicable
from shopcore.pricing.model.validity import problems_of

__all__ = [
    "Basis",
    "Coupon",
    "CouponHolder",
    "CouponKind",
    "PricedLine",
    "PricingRules",
    "Quote",
    "QuotedLine",
    "Rule",
    "ShippingKind",
    "ShippingMethod",
    "ShippingRates",
    "ShippingTier",
    "Step",
    "StepKind",
    "TaxRate",
    "applicable",
    "figures",
    "in_force",
    "prices_paid",
    "problems_of",
    "quote",
    "shipping_fee",
    "shipping_options",
    "unmet",
    "usable",
]
