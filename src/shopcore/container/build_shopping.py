"""The use cases up to the order, built by typed functions: a wrong argument is a type error."""

from shopcore.catalog.steps import ChangeProduct
from shopcore.catalog.use_cases.archive_product import ArchiveProduct
from shopcore.catalog.use_cases.create_category import CreateCategory
from shopcore.catalog.use_cases.create_product import CreateProduct
from shopcore.catalog.use_cases.find_product import FindProduct
from shopcore.catalog.use_cases.list_catalog import ListCatalog
from shopcore.catalog.use_cases.list_categories import ListCategories
from shopcore.catalog.use_cases.publish_product import PublishProduct
from shopcore.catalog.use_cases.show_category import ShowCategory
from shopcore.catalog.use_cases.update_product import UpdateProduct
from shopcore.checkout.steps.choose_paying import ChoosePaying
from shopcore.checkout.steps.find_wallet import FindWallet
from shopcore.checkout.use_cases.check_out import CheckOut
from shopcore.checkout.use_cases.retry_payment import RetryPayment
from shopcore.container.cases import CheckoutCases, PricingCases, StockCases
from shopcore.container.parts import Parts
from shopcore.container.ports import Store, World
from shopcore.container.shopping_cases import CartCases, CatalogCases
from shopcore.inventory.use_cases.adjust_stock import AdjustStock
from shopcore.inventory.use_cases.list_movements import ListMovements
from shopcore.inventory.use_cases.list_stock import ListStock
from shopcore.inventory.use_cases.set_stock_rules import SetStockRules
from shopcore.inventory.use_cases.show_stock import ShowStock
from shopcore.operations.use_cases.import_products import ImportProducts
from shopcore.pricing.use_cases.list_coupons import ListCoupons
from shopcore.pricing.use_cases.list_rules import ListRules
from shopcore.pricing.use_cases.put_coupon import PutCoupon
from shopcore.pricing.use_cases.put_shipping_method import PutShippingMethod
from shopcore.pricing.use_cases.put_tax_rate import PutTaxRate
from shopcore.pricing.use_cases.remove_shipping_method import RemoveShippingMethod
from shopcore.pricing.use_cases.remove_tax_rate import RemoveTaxRate
from shopcore.shopping.steps import ChangeCart
from shopcore.shopping.use_cases.add_item import AddItem
from shopcore.shopping.use_cases.apply_coupon import ApplyCoupon
from shopcore.shopping.use_cases.list_products import ListProducts
from shopcore.shopping.use_cases.list_shipping_methods import ListShippingMethods
from shopcore.shopping.use_cases.remove_coupon import RemoveCoupon
from shopcore.shopping.use_cases.search_products import SearchProducts
from shopcore.shopping.use_cases.set_quantity import SetQuantity
from shopcore.shopping.use_cases.show_cart import ShowCart
from shopcore.shopping.use_cases.show_product import ShowProduct
from shopcore.shopping.use_cases.update_cart import UpdateCart


def catalog(store: Store, world: World, parts: Parts) -> CatalogCases:
    """What buyers look at and staff edit."""
    change_product = ChangeProduct(
        products=store.products, events=parts.events, audit=parts.audit, unit_of_work=store.unit_of_work
    )
    return CatalogCases(
        list_products=ListProducts(listing=store.listing, levels=store.levels, signer=world.signer),
        search_products=SearchProducts(listing=store.listing, levels=store.levels, signer=world.signer),
        show_product=ShowProduct(showcase=store.showcase),
        list_categories=ListCategories(tree=store.tree),
        show_category=ShowCategory(categories=store.categories),
        list_catalog=ListCatalog(products=store.products, signer=world.signer),
        find_product=FindProduct(products=store.products),
        create_product=CreateProduct(
            unit_of_work=store.unit_of_work,
            products=store.products,
            events=parts.events,
            audit=parts.audit,
            clock=world.clock,
            ids=world.ids,
        ),
        update_product=UpdateProduct(change_product=change_product, sanitizer=parts.sanitizer, clock=world.clock),
        publish_product=PublishProduct(change_product=change_product, clock=world.clock),
        archive_product=ArchiveProduct(change_product=change_product, clock=world.clock),
        create_category=CreateCategory(
            unit_of_work=store.unit_of_work, categories=store.categories, audit=parts.audit, ids=world.ids
        ),
        import_products=ImportProducts(
            take_products=parts.take_products, audit=parts.audit, ids=world.ids, currency=parts.currency
        ),
    )


def cart(store: Store, world: World, parts: Parts) -> CartCases:
    """Acts on one cart."""
    change_cart = ChangeCart(carts=store.carts, accounts=store.accounts, cart_of=parts.cart_of)
    return CartCases(
        show=ShowCart(cart_of=parts.cart_of, pricing=parts.pricing),
        add_item=AddItem(
            carts=store.carts,
            change_cart=change_cart,
            find_variant=parts.find_variant,
            pricing=parts.pricing,
            events=parts.events,
            unit_of_work=store.unit_of_work,
            ids=world.ids,
            clock=world.clock,
            currency=parts.currency,
        ),
        set_quantity=SetQuantity(
            change_cart=change_cart,
            pricing=parts.pricing,
            unit_of_work=store.unit_of_work,
            clock=world.clock,
        ),
        update=UpdateCart(
            change_cart=change_cart,
            pricing=parts.pricing,
            emails=world.emails,
            events=parts.events,
            unit_of_work=store.unit_of_work,
            clock=world.clock,
        ),
        shipping_methods=ListShippingMethods(cart_of=parts.cart_of, pricing=parts.pricing),
        apply_coupon=ApplyCoupon(
            change_cart=change_cart,
            pricing=parts.pricing,
            unit_of_work=store.unit_of_work,
            clock=world.clock,
        ),
        remove_coupon=RemoveCoupon(
            change_cart=change_cart,
            pricing=parts.pricing,
            unit_of_work=store.unit_of_work,
            clock=world.clock,
        ),
    )


def checkout(store: Store, world: World, parts: Parts) -> CheckoutCases:
    """From a cart to an order."""
    find_wallet = FindWallet(wallets=store.wallets, keepers=world.keepers, clock=world.clock)
    return CheckoutCases(
        check_out=CheckOut(
            keyed=parts.keyed,
            agree=parts.agree,
            reservations=store.reservations,
            place_order=parts.place_order,
            pay_order=parts.pay_order,
            choose_paying=ChoosePaying(gateway=parts.pay_order.gateway, find_wallet=find_wallet),
            unit_of_work=store.unit_of_work,
            ids=world.ids,
        ),
        retry_payment=RetryPayment(
            keyed=parts.keyed,
            own_order=parts.order_of,
            orders=store.orders,
            payments=store.payments,
            pay_order=parts.pay_order,
            find_wallet=find_wallet,
            unit_of_work=store.unit_of_work,
            ids=world.ids,
        ),
    )


def pricing(store: Store, world: World, parts: Parts) -> PricingCases:
    """The merchant's rules."""
    return PricingCases(
        list_rules=ListRules(shipping_methods=store.shipping_methods, tax_rates=store.tax_rates),
        list_coupons=ListCoupons(coupons=store.coupons, signer=world.signer),
        put_shipping_method=PutShippingMethod(
            unit_of_work=store.unit_of_work, shipping_methods=store.shipping_methods, audit=parts.audit
        ),
        remove_shipping_method=RemoveShippingMethod(
            unit_of_work=store.unit_of_work, shipping_methods=store.shipping_methods, audit=parts.audit
        ),
        put_tax_rate=PutTaxRate(
            unit_of_work=store.unit_of_work, tax_rates=store.tax_rates, ids=world.ids, audit=parts.audit
        ),
        remove_tax_rate=RemoveTaxRate(unit_of_work=store.unit_of_work, tax_rates=store.tax_rates, audit=parts.audit),
        put_coupon=PutCoupon(unit_of_work=store.unit_of_work, coupons=store.coupons, audit=parts.audit),
    )


def stock(store: Store, world: World, parts: Parts) -> StockCases:
    """Levels and movements."""
    return StockCases(
        list=ListStock(levels=store.levels, signer=world.signer),
        show=ShowStock(levels=store.levels),
        movements=ListMovements(levels=store.levels, signer=world.signer),
        set_rules=SetStockRules(levels=store.levels, audit=parts.audit, unit_of_work=store.unit_of_work),
        adjust=AdjustStock(
            unit_of_work=store.unit_of_work,
            levels=store.levels,
            events=parts.events,
            audit=parts.audit,
            clock=world.clock,
            ids=world.ids,
        ),
    )
