"""What is stored of goods, stock, prices and keys: nothing of any person, and a new field has to say so too."""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from shopcore.catalog.model import Category, Media, Option, Price, Product, Variant
from shopcore.inventory.model import Movement, Reservation, StockItem, StockLine
from shopcore.kernel.money import Money
from shopcore.pricing.model import Coupon, ShippingMethod, ShippingRates, ShippingTier, TaxRate
from shopcore.privacy.model.keys import HeldKeys, RotationNote
from shopcore.privacy.model.personal_data import Declared, declared
from shopcore.reporting.model import Journey
from shopcore.webhooks.model import Announcement, Delivery, Endpoint, Secret, Try

GOODS: Mapping[type[msgspec.Struct], Declared] = MappingProxyType(
    {
        Announcement: declared(
            "webhook_events", impersonal="id place type at order_id order_number sequence", parts="total"
        ),
        Delivery: declared(
            "webhook_deliveries",
            impersonal="endpoint_id event_id place type created_at state round tries next_at replay",
            parts="log",
        ),
        Try: declared("webhook_deliveries", impersonal="at status problem"),
        Endpoint: declared(
            "webhook_endpoints",
            impersonal="id url created_at events description is_on off_since off_reason failing_since version",
            parts="secrets",
        ),
        Secret: declared("webhook_endpoints, sealed", impersonal="key until"),
        Journey: declared(
            "journeys", impersonal="cart_id opened_at order_id placed_at paid_at merged_into", parts="total"
        ),
        Category: declared("categories", impersonal="id slug title parent_id position"),
        Product: declared(
            "products",
            parts="options media variants",
            impersonal="id slug title created_at updated_at description brand status category_ids tags attributes"
            " version",
        ),
        Variant: declared(
            "products",
            parts="prices",
            impersonal="id sku title option_values weight_grams requires_shipping taxable barcode",
        ),
        Option: declared("products", impersonal="name values"),
        Media: declared("products", impersonal="url alt"),
        Price: declared("products", parts="price compare_at"),
        Coupon: declared(
            "coupons",
            impersonal="code kind basis_points amount_off minimum starts_at ends_at usage_limit per_customer_limit"
            " active",
        ),
        ShippingMethod: declared("shipping_methods", parts="rates", impersonal="code title kind countries position"),
        ShippingRates: declared("shipping_methods", parts="tiers", impersonal="free_over"),
        ShippingTier: declared("shipping_methods", impersonal="price up_to"),
        TaxRate: declared("tax_rates", impersonal="id name country millionths region included on_shipping"),
        StockItem: declared("stock_levels", impersonal="sku tracked policy on_hand reserved imported"),
        Movement: declared("stock_movements", impersonal="id sku kind at on_hand reserved reason order_id"),
        Reservation: declared("reservations", parts="lines", impersonal="id expires_at state"),
        StockLine: declared("reservations", impersonal="sku quantity"),
        Money: declared("wherever there is a price", impersonal="amount currency"),
        HeldKeys: declared("held_keys", parts="note", impersonal="sealing index"),
        RotationNote: declared("held_keys", impersonal="sealing index place after"),
    }
)
