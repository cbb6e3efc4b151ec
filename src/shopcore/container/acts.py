"""What an actor can do, in groups: each use case with its actor filled in, its signature unchanged."""

from shopcore.container.account_acts import (
    AccountActs,
    OAuthActs,
    PasskeyActs,
    PeopleActs,
    PrivacyActs,
    ProfileActs,
    SessionActs,
)
from shopcore.container.bound import bound
from shopcore.container.cases import (
    AccessCases,
    AuditCases,
    CheckoutCases,
    JobCases,
    OrderCases,
    PricingCases,
    ReportCases,
    StockCases,
    UseCases,
)
from shopcore.container.message_cases import MessageActs
from shopcore.container.money_acts import BookActs, HandActs, PaymentActs, ReconciliationActs
from shopcore.container.shopping_cases import CartCases, CatalogCases
from shopcore.container.webhook_cases import WebhookActs
from shopcore.kernel.actor import Actor


class CatalogActs:
    """Looking at products, and editing them."""

    def __init__(self, cases: CatalogCases, actor: Actor) -> None:
        self.list_products = bound(cases.list_products, actor)
        self.search_products = bound(cases.search_products, actor)
        self.show_product = bound(cases.show_product, actor)
        self.list_categories = bound(cases.list_categories, actor)
        self.show_category = bound(cases.show_category, actor)
        self.list_catalog = bound(cases.list_catalog, actor)
        self.find_product = bound(cases.find_product, actor)
        self.create_product = bound(cases.create_product, actor)
        self.update_product = bound(cases.update_product, actor)
        self.publish_product = bound(cases.publish_product, actor)
        self.archive_product = bound(cases.archive_product, actor)
        self.create_category = bound(cases.create_category, actor)
        self.import_products = bound(cases.import_products, actor)


class CartActs:
    """One cart."""

    def __init__(self, cases: CartCases, actor: Actor) -> None:
        self.show = bound(cases.show, actor)
        self.add_item = bound(cases.add_item, actor)
        self.set_quantity = bound(cases.set_quantity, actor)
        self.update = bound(cases.update, actor)
        self.shipping_methods = bound(cases.shipping_methods, actor)
        self.apply_coupon = bound(cases.apply_coupon, actor)
        self.remove_coupon = bound(cases.remove_coupon, actor)


class CheckoutActs:
    """From a cart to an order."""

    def __init__(self, cases: CheckoutCases, actor: Actor) -> None:
        self.check_out = bound(cases.check_out, actor)
        self.retry_payment = bound(cases.retry_payment, actor)


class OrderActs:
    """Orders."""

    def __init__(self, cases: OrderCases, actor: Actor) -> None:
        self.show = bound(cases.show, actor)
        self.list = bound(cases.list, actor)
        self.find = bound(cases.find, actor)
        self.cancel = bound(cases.cancel, actor)
        self.refund = bound(cases.refund, actor)
        self.retry_refund = bound(cases.retry_refund, actor)
        self.ship = bound(cases.ship, actor)
        self.deliver = bound(cases.deliver, actor)
        self.annotate = bound(cases.annotate, actor)


class StockActs:
    """Stock."""

    def __init__(self, cases: StockCases, actor: Actor) -> None:
        self.list = bound(cases.list, actor)
        self.show = bound(cases.show, actor)
        self.movements = bound(cases.movements, actor)
        self.adjust = bound(cases.adjust, actor)
        self.set_rules = bound(cases.set_rules, actor)


class PricingActs:
    """The merchant's rules."""

    def __init__(self, cases: PricingCases, actor: Actor) -> None:
        self.list_rules = bound(cases.list_rules, actor)
        self.list_coupons = bound(cases.list_coupons, actor)
        self.put_shipping_method = bound(cases.put_shipping_method, actor)
        self.remove_shipping_method = bound(cases.remove_shipping_method, actor)
        self.put_tax_rate = bound(cases.put_tax_rate, actor)
        self.remove_tax_rate = bound(cases.remove_tax_rate, actor)
        self.put_coupon = bound(cases.put_coupon, actor)


class JobActs:
    """The queue."""

    def __init__(self, cases: JobCases, actor: Actor) -> None:
        self.list = bound(cases.list, actor)
        self.show = bound(cases.show, actor)
        self.depth = bound(cases.depth, actor)
        self.retry = bound(cases.retry, actor)
        self.retry_all = bound(cases.retry_all, actor)
        self.discard = bound(cases.discard, actor)
        self.discard_all = bound(cases.discard_all, actor)


class AuditActs:
    """The log."""

    def __init__(self, cases: AuditCases, actor: Actor) -> None:
        self.list = bound(cases.list, actor)
        self.verify = bound(cases.verify, actor)


class AccessActs:
    """Who may do what."""

    def __init__(self, cases: AccessCases, actor: Actor) -> None:
        self.list_roles = bound(cases.list_roles, actor)
        self.put_role = bound(cases.put_role, actor)
        self.remove_role = bound(cases.remove_role, actor)
        self.list_members = bound(cases.list_members, actor)
        self.change_member = bound(cases.change_member, actor)
        self.list_api_keys = bound(cases.list_api_keys, actor)
        self.create_api_key = bound(cases.create_api_key, actor)
        self.revoke_api_key = bound(cases.revoke_api_key, actor)


class ReportActs:
    """What the shop's events come to."""

    def __init__(self, cases: ReportCases, actor: Actor) -> None:
        self.funnel = bound(cases.funnel, actor)
        self.recount_funnel = bound(cases.recount, actor)


class EventActs:
    """What happened, for whoever counts."""

    def __init__(self, cases: UseCases, actor: Actor) -> None:
        self.read = bound(cases.read_events, actor)


class ShopOf:
    """A shop as one actor sees it."""

    def __init__(self, cases: UseCases, actor: Actor) -> None:
        self._cases = cases
        self._actor = actor

    @property
    def catalog(self) -> CatalogActs:
        """Looking at products, and editing them."""
        return CatalogActs(self._cases.catalog, self._actor)

    @property
    def cart(self) -> CartActs:
        """One cart."""
        return CartActs(self._cases.cart, self._actor)

    @property
    def checkout(self) -> CheckoutActs:
        """From a cart to an order."""
        return CheckoutActs(self._cases.checkout, self._actor)

    @property
    def orders(self) -> OrderActs:
        """Orders."""
        return OrderActs(self._cases.orders, self._actor)

    @property
    def stock(self) -> StockActs:
        """Stock."""
        return StockActs(self._cases.stock, self._actor)

    @property
    def pricing(self) -> PricingActs:
        """The merchant's rules."""
        return PricingActs(self._cases.pricing, self._actor)

    @property
    def payments(self) -> PaymentActs:
        """What gateways say."""
        return PaymentActs(self._cases.payments, self._actor)

    @property
    def by_hand(self) -> HandActs:
        """What staff say of money that no machine sees."""
        return HandActs(self._cases.by_hand, self._actor)

    @property
    def books(self) -> BookActs:
        """What the books come to."""
        return BookActs(self._cases.books, self._actor)

    @property
    def reconciliations(self) -> ReconciliationActs:
        """What gateways list, against the books."""
        return ReconciliationActs(self._cases.reconciliations, self._actor)

    @property
    def accounts(self) -> AccountActs:
        """The way in."""
        return AccountActs(self._cases.accounts, self._actor)

    @property
    def sessions(self) -> SessionActs:
        """Where a customer is signed in."""
        return SessionActs(self._cases.sessions, self._actor)

    @property
    def oauth(self) -> OAuthActs:
        """Apps and integrations."""
        return OAuthActs(self._cases.oauth, self._actor)

    @property
    def profile(self) -> ProfileActs:
        """One's own account."""
        return ProfileActs(self._cases.profile, self._actor)

    @property
    def passkeys(self) -> PasskeyActs:
        """One's own passkeys."""
        return PasskeyActs(self._cases.passkeys, self._actor)

    @property
    def privacy(self) -> PrivacyActs:
        """What is held on oneself, and how it is forgotten."""
        return PrivacyActs(self._cases.privacy, self._actor)

    @property
    def jobs(self) -> JobActs:
        """The queue."""
        return JobActs(self._cases.jobs, self._actor)

    @property
    def people(self) -> PeopleActs:
        """Customers and colleagues, for those who look after them."""
        return PeopleActs(self._cases.people, self._actor)

    @property
    def access(self) -> AccessActs:
        """Who may do what."""
        return AccessActs(self._cases.access, self._actor)

    @property
    def audit(self) -> AuditActs:
        """The log."""
        return AuditActs(self._cases.audit, self._actor)

    @property
    def webhooks(self) -> WebhookActs:
        """What other systems are told."""
        return WebhookActs(self._cases.webhooks, self._actor)

    @property
    def reports(self) -> ReportActs:
        """What comes of it all."""
        return ReportActs(self._cases.reports, self._actor)

    @property
    def messages(self) -> MessageActs:
        """What was sent, and where mail does not arrive."""
        return MessageActs(self._cases.messages, self._actor)

    @property
    def events(self) -> EventActs:
        """What happened."""
        return EventActs(self._cases, self._actor)
