"""The use cases of a shop, in the groups in which they are offered."""

from dataclasses import dataclass

from shopcore.access.use_cases.admit_integration import AdmitIntegration
from shopcore.access.use_cases.admit_staff import AdmitStaff
from shopcore.access.use_cases.change_member import ChangeMember
from shopcore.access.use_cases.create_api_key import CreateApiKey
from shopcore.access.use_cases.list_api_keys import ListApiKeys
from shopcore.access.use_cases.list_members import ListMembers
from shopcore.access.use_cases.list_roles import ListRoles
from shopcore.access.use_cases.put_role import PutRole
from shopcore.access.use_cases.remove_role import RemoveRole
from shopcore.access.use_cases.revoke_api_key import RevokeApiKey
from shopcore.aftersales.use_cases.annotate_order import AnnotateOrder
from shopcore.aftersales.use_cases.cancel_order import CancelOrder
from shopcore.aftersales.use_cases.capture_payment import CapturePayment
from shopcore.aftersales.use_cases.carry_out_refund import CarryOutRefund
from shopcore.aftersales.use_cases.confirm_charges import ConfirmCharges
from shopcore.aftersales.use_cases.deliver_order import DeliverOrder
from shopcore.aftersales.use_cases.expire_order import ExpireOrder
from shopcore.aftersales.use_cases.find_order import FindOrder
from shopcore.aftersales.use_cases.forget_webhooks import ForgetWebhooks
from shopcore.aftersales.use_cases.list_orders import ListOrders
from shopcore.aftersales.use_cases.list_webhooks import ListWebhooks
from shopcore.aftersales.use_cases.match_webhooks import MatchWebhooks
from shopcore.aftersales.use_cases.note_order import NoteOrder
from shopcore.aftersales.use_cases.process_webhook import ProcessWebhook
from shopcore.aftersales.use_cases.receive_webhook import ReceiveWebhook
from shopcore.aftersales.use_cases.refund_order import RefundOrder
from shopcore.aftersales.use_cases.replay_webhooks import ReplayWebhooks
from shopcore.aftersales.use_cases.report_payments import ReportPayments
from shopcore.aftersales.use_cases.resolve_payment import ResolvePayment
from shopcore.aftersales.use_cases.retry_refund import RetryRefund
from shopcore.aftersales.use_cases.settle_stock import SettleStock
from shopcore.aftersales.use_cases.ship_order import ShipOrder
from shopcore.aftersales.use_cases.show_order import ShowOrder
from shopcore.aftersales.use_cases.show_payment import ShowPayment
from shopcore.aftersales.use_cases.stop_attempt import StopAttempt
from shopcore.aftersales.use_cases.sweep_overdue import SweepOverdue
from shopcore.aftersales.use_cases.take_in_news import TakeInNews
from shopcore.aftersales.use_cases.take_in_refund import TakeInRefund
from shopcore.aftersales.use_cases.void_payment import VoidPayment
from shopcore.audit.use_cases.list_entries import ListEntries
from shopcore.audit.use_cases.verify_log import VerifyLog
from shopcore.checkout.use_cases.check_out import CheckOut
from shopcore.checkout.use_cases.retry_payment import RetryPayment
from shopcore.container.account_cases import (
    AccountCases,
    AccountUpkeep,
    OAuthCases,
    PasskeyCases,
    PeopleCases,
    PrivacyCases,
    ProfileCases,
    SessionCases,
)
from shopcore.container.message_cases import MessageCases
from shopcore.container.money_cases import BookCases, HandCases, ReconciliationCases
from shopcore.container.shopping_cases import CartCases, CatalogCases
from shopcore.container.webhook_cases import WebhookCases
from shopcore.idempotency.use_cases.answer_once import AnswerOnce
from shopcore.idempotency.use_cases.forget_old_claims import ForgetOldClaims
from shopcore.inventory.use_cases.adjust_stock import AdjustStock
from shopcore.inventory.use_cases.list_movements import ListMovements
from shopcore.inventory.use_cases.list_stock import ListStock
from shopcore.inventory.use_cases.set_stock_rules import SetStockRules
from shopcore.inventory.use_cases.show_stock import ShowStock
from shopcore.jobs.use_cases.discard_job import DiscardJob
from shopcore.jobs.use_cases.discard_jobs import DiscardJobs
from shopcore.jobs.use_cases.enqueue_scheduled import EnqueueScheduled
from shopcore.jobs.use_cases.forget_done_jobs import ForgetDoneJobs
from shopcore.jobs.use_cases.list_jobs import ListJobs
from shopcore.jobs.use_cases.retry_job import RetryJob
from shopcore.jobs.use_cases.retry_jobs import RetryJobs
from shopcore.jobs.use_cases.show_depth import ShowDepth
from shopcore.jobs.use_cases.show_job import ShowJob
from shopcore.jobs.use_cases.work_jobs import WorkJobs
from shopcore.messages.use_cases.forget_sent_messages import ForgetSentMessages
from shopcore.notifications.use_cases.send_order_mail import SendOrderMail
from shopcore.operations.use_cases.note_journey import NoteJourney
from shopcore.operations.use_cases.pass_events_on import PassEventsOn
from shopcore.operations.use_cases.read_events import ReadEvents
from shopcore.operations.use_cases.recount_funnel import RecountFunnel
from shopcore.payments.use_cases.list_gateways import ListGateways
from shopcore.payments.use_cases.list_methods import ListMethods
from shopcore.payments.use_cases.remove_method import RemoveMethod
from shopcore.payments.use_cases.switch_gateway import SwitchGateway
from shopcore.pricing.use_cases.list_coupons import ListCoupons
from shopcore.pricing.use_cases.list_rules import ListRules
from shopcore.pricing.use_cases.put_coupon import PutCoupon
from shopcore.pricing.use_cases.put_shipping_method import PutShippingMethod
from shopcore.pricing.use_cases.put_tax_rate import PutTaxRate
from shopcore.pricing.use_cases.remove_shipping_method import RemoveShippingMethod
from shopcore.pricing.use_cases.remove_tax_rate import RemoveTaxRate
from shopcore.reporting.use_cases.forget_journeys import ForgetJourneys
from shopcore.reporting.use_cases.note_cart import NoteCart
from shopcore.reporting.use_cases.show_funnel import ShowFunnel
from shopcore.shopping.use_cases.forget_expired_carts import ForgetExpiredCarts


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckoutCases:
    """From a cart to a paid order."""

    check_out: CheckOut
    retry_payment: RetryPayment


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderCases:
    """What can be done to an order."""

    show: ShowOrder
    list: ListOrders
    find: FindOrder
    cancel: CancelOrder
    refund: RefundOrder
    retry_refund: RetryRefund
    ship: ShipOrder
    deliver: DeliverOrder
    annotate: AnnotateOrder


@dataclass(frozen=True, kw_only=True, slots=True)
class StockCases:
    """Levels and the movements that explain them."""

    list: ListStock
    show: ShowStock
    movements: ListMovements
    adjust: AdjustStock
    set_rules: SetStockRules


@dataclass(frozen=True, kw_only=True, slots=True)
class PricingCases:
    """The merchant's rules."""

    list_rules: ListRules
    list_coupons: ListCoupons
    put_shipping_method: PutShippingMethod
    remove_shipping_method: RemoveShippingMethod
    put_tax_rate: PutTaxRate
    remove_tax_rate: RemoveTaxRate
    put_coupon: PutCoupon


@dataclass(frozen=True, kw_only=True, slots=True)
class PaymentCases:
    """What gateways say, and what is asked of them."""

    show: ShowPayment
    capture: CapturePayment
    void: VoidPayment
    report: ReportPayments
    list_methods: ListMethods
    remove_method: RemoveMethod
    list_gateways: ListGateways
    switch_gateway: SwitchGateway
    list_webhooks: ListWebhooks
    receive_webhook: ReceiveWebhook
    process_webhook: ProcessWebhook
    match_webhooks: MatchWebhooks
    replay_webhooks: ReplayWebhooks
    resolve: ResolvePayment
    stop_attempt: StopAttempt
    confirm_charges: ConfirmCharges
    take_in_refund: TakeInRefund
    take_in_news: TakeInNews


@dataclass(frozen=True, kw_only=True, slots=True)
class JobCases:
    """The queue, for its operator."""

    list: ListJobs
    show: ShowJob
    depth: ShowDepth
    retry: RetryJob
    retry_all: RetryJobs
    discard: DiscardJob
    discard_all: DiscardJobs


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditCases:
    """The log of who did what."""

    list: ListEntries
    verify: VerifyLog


@dataclass(frozen=True, kw_only=True, slots=True)
class AccessCases:
    """Who may do what, and who somebody is that shows a key or works here."""

    list_roles: ListRoles
    put_role: PutRole
    remove_role: RemoveRole
    list_members: ListMembers
    change_member: ChangeMember
    list_api_keys: ListApiKeys
    create_api_key: CreateApiKey
    revoke_api_key: RevokeApiKey
    admit_integration: AdmitIntegration
    admit_staff: AdmitStaff


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportCases:
    """What the shop's events come to, and how that is noted."""

    funnel: ShowFunnel
    recount: RecountFunnel
    note_journey: NoteJourney
    note_cart: NoteCart
    note_order: NoteOrder
    forget_journeys: ForgetJourneys


@dataclass(frozen=True, kw_only=True, slots=True)
class Upkeep:
    """What the shop does by itself: behind jobs, schedules and the worker."""

    settle_stock: SettleStock
    carry_out_refund: CarryOutRefund
    expire_order: ExpireOrder
    send_order_mail: SendOrderMail
    sweep_overdue: SweepOverdue
    forget_expired_carts: ForgetExpiredCarts
    forget_old_claims: ForgetOldClaims
    forget_done_jobs: ForgetDoneJobs
    forget_webhooks: ForgetWebhooks
    pass_events_on: PassEventsOn
    forget_sent_messages: ForgetSentMessages


@dataclass(frozen=True, kw_only=True, slots=True)
class UseCases:
    """Everything a shop can do."""

    catalog: CatalogCases
    cart: CartCases
    checkout: CheckoutCases
    orders: OrderCases
    stock: StockCases
    pricing: PricingCases
    payments: PaymentCases
    by_hand: HandCases
    books: BookCases
    reconciliations: ReconciliationCases
    jobs: JobCases
    audit: AuditCases
    messages: MessageCases
    access: AccessCases
    people: PeopleCases
    accounts: AccountCases
    sessions: SessionCases
    oauth: OAuthCases
    profile: ProfileCases
    passkeys: PasskeyCases
    privacy: PrivacyCases
    reports: ReportCases
    webhooks: WebhookCases
    account_upkeep: AccountUpkeep
    upkeep: Upkeep
    read_events: ReadEvents
    answer_once: AnswerOnce
    work_jobs: WorkJobs
    enqueue_scheduled: EnqueueScheduled
