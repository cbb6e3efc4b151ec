"""Payments, what staff say of them, and the books, as somebody has them."""

from shopcore.container.bound import bound
from shopcore.container.cases import PaymentCases
from shopcore.container.money_cases import BookCases, HandCases, ReconciliationCases
from shopcore.kernel.actor import Actor


class PaymentActs:
    """What gateways say."""

    def __init__(self, cases: PaymentCases, actor: Actor) -> None:
        self.show = bound(cases.show, actor)
        self.capture = bound(cases.capture, actor)
        self.void = bound(cases.void, actor)
        self.report = bound(cases.report, actor)
        self.list_methods = bound(cases.list_methods, actor)
        self.remove_method = bound(cases.remove_method, actor)
        self.list_gateways = bound(cases.list_gateways, actor)
        self.switch_gateway = bound(cases.switch_gateway, actor)
        self.list_webhooks = bound(cases.list_webhooks, actor)
        self.receive_webhook = bound(cases.receive_webhook, actor)
        self.process_webhook = bound(cases.process_webhook, actor)
        self.match_webhooks = bound(cases.match_webhooks, actor)
        self.replay_webhooks = bound(cases.replay_webhooks, actor)
        self.resolve = bound(cases.resolve, actor)
        self.confirm_charges = bound(cases.confirm_charges, actor)


class HandActs:
    """What staff say of money that no machine sees."""

    def __init__(self, cases: HandCases, actor: Actor) -> None:
        self.confirm = bound(cases.confirm, actor)
        self.refuse = bound(cases.refuse, actor)
        self.confirm_refund = bound(cases.confirm_refund, actor)


class ReconciliationActs:
    """What gateways list, against the books."""

    def __init__(self, cases: ReconciliationCases, actor: Actor) -> None:
        self.request = bound(cases.request, actor)
        self.reconcile = bound(cases.reconcile, actor)
        self.list = bound(cases.list, actor)
        self.show = bound(cases.show, actor)
        self.leave = bound(cases.leave, actor)


class BookActs:
    """What the books come to."""

    def __init__(self, cases: BookCases, actor: Actor) -> None:
        self.tax = bound(cases.tax, actor)
        self.balances = bound(cases.balances, actor)
        self.check_orders = bound(cases.check_orders, actor)
        self.check_sums = bound(cases.check_sums, actor)
