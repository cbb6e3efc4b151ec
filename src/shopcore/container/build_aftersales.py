"""The use cases from the order on, built by typed functions."""

from shopcore.aftersales.steps.goods import Restock
from shopcore.aftersales.steps.later_news import TakeLaterNews
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
from shopcore.aftersales.use_cases.process_webhook import ProcessWebhook
from shopcore.aftersales.use_cases.receive_webhook import ReceiveWebhook
from shopcore.aftersales.use_cases.refund_order import RefundOrder
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
from shopcore.container.cases import AuditCases, JobCases, OrderCases, PaymentCases, Upkeep
from shopcore.container.parts import Parts, stream_of
from shopcore.container.ports import Store, World
from shopcore.idempotency.use_cases.forget_old_claims import ForgetOldClaims
from shopcore.jobs.steps.operate_jobs import OperateJobs
from shopcore.jobs.use_cases.discard_job import DiscardJob
from shopcore.jobs.use_cases.discard_jobs import DiscardJobs
from shopcore.jobs.use_cases.forget_done_jobs import ForgetDoneJobs
from shopcore.jobs.use_cases.list_jobs import ListJobs
from shopcore.jobs.use_cases.retry_job import RetryJob
from shopcore.jobs.use_cases.retry_jobs import RetryJobs
from shopcore.jobs.use_cases.show_depth import ShowDepth
from shopcore.jobs.use_cases.show_job import ShowJob
from shopcore.messages.use_cases.forget_sent_messages import ForgetSentMessages
from shopcore.notifications.use_cases.send_order_mail import SendOrderMail
from shopcore.operations.use_cases.pass_events_on import PassEventsOn
from shopcore.payments.use_cases.list_gateways import ListGateways
from shopcore.payments.use_cases.list_methods import ListMethods
from shopcore.payments.use_cases.remove_method import RemoveMethod
from shopcore.payments.use_cases.switch_gateway import SwitchGateway
from shopcore.shopping.use_cases.forget_expired_carts import ForgetExpiredCarts


def orders(store: Store, world: World, parts: Parts) -> OrderCases:
    """Acts on orders."""
    return OrderCases(
        show=ShowOrder(order_of=parts.order_of),
        list=ListOrders(order_list=store.order_list, emails=world.emails, signer=world.signer),
        find=FindOrder(orders=store.orders),
        cancel=CancelOrder(
            order_of=parts.order_of,
            orders=store.orders,
            payments=store.payments,
            ledger=store.ledger,
            stop=parts.stop,
            settle=parts.settle,
            events=parts.events,
            audit=parts.audit,
            unit_of_work=store.unit_of_work,
            clock=world.clock,
        ),
        refund=RefundOrder(
            orders=store.orders,
            payments=store.payments,
            ledger=store.ledger,
            events=parts.events,
            audit=parts.audit,
            unit_of_work=store.unit_of_work,
            ids=world.ids,
            clock=world.clock,
        ),
        retry_refund=RetryRefund(
            orders=store.orders,
            payments=store.payments,
            ledger=store.ledger,
            events=parts.events,
            audit=parts.audit,
            unit_of_work=store.unit_of_work,
            ids=world.ids,
            clock=world.clock,
        ),
        ship=ShipOrder(
            orders=store.orders,
            payments=store.payments,
            events=parts.events,
            audit=parts.audit,
            unit_of_work=store.unit_of_work,
            ids=world.ids,
            clock=world.clock,
        ),
        annotate=AnnotateOrder(
            orders=store.orders, audit=parts.audit, unit_of_work=store.unit_of_work, clock=world.clock
        ),
        deliver=DeliverOrder(
            orders=store.orders,
            events=parts.events,
            audit=parts.audit,
            unit_of_work=store.unit_of_work,
            clock=world.clock,
        ),
    )


def payments(store: Store, world: World, parts: Parts) -> PaymentCases:
    """What gateways say."""
    return PaymentCases(
        show=ShowPayment(order_of=parts.order_of, payments=store.payments),
        capture=_capture(store, world, parts),
        void=_void(store, world, parts),
        report=ReportPayments(payment_list=store.payment_list, signer=world.signer, clock=world.clock),
        list_methods=ListMethods(wallets=store.wallets, keepers=world.keepers),
        remove_method=RemoveMethod(wallets=store.wallets, keepers=world.keepers),
        list_gateways=ListGateways(switches=store.switches, names=world.gateways, default=world.default_gateway),
        switch_gateway=SwitchGateway(
            switches=store.switches,
            names=world.gateways,
            default=world.default_gateway,
            events=parts.events,
            audit=parts.audit,
            unit_of_work=store.unit_of_work,
            clock=world.clock,
        ),
        list_webhooks=ListWebhooks(queue=store.queue, inbox=store.inbox),
        receive_webhook=ReceiveWebhook(
            gateways=world.gateways,
            inbox=store.inbox,
            events=parts.events,
            unit_of_work=store.unit_of_work,
            clock=world.clock,
        ),
        process_webhook=ProcessWebhook(
            inbox=store.inbox,
            gateways=world.gateways,
            settle=parts.settle,
            later=_later(store, parts),
            jobs=store.jobs,
            unit_of_work=store.unit_of_work,
            clock=world.clock,
        ),
        stop_attempt=StopAttempt(
            payments=store.payments,
            gateways=world.gateways,
            settle=parts.settle,
            unit_of_work=store.unit_of_work,
            clock=world.clock,
        ),
        confirm_charges=ConfirmCharges(
            payments=store.payments,
            gateways=world.gateways,
            settle=parts.settle,
            unit_of_work=store.unit_of_work,
            clock=world.clock,
        ),
        take_in_refund=_take_in_refund(store, world, parts),
        take_in_news=TakeInNews(later=_later(store, parts), unit_of_work=store.unit_of_work, clock=world.clock),
        resolve=_resolve(store, world, parts),
    )


def _capture(store: Store, world: World, parts: Parts) -> CapturePayment:
    """Take what is held."""
    return CapturePayment(
        order_of=parts.order_of,
        payments=store.payments,
        gateways=world.gateways,
        settle=parts.settle,
        audit=parts.audit,
        unit_of_work=store.unit_of_work,
        clock=world.clock,
    )


def _void(store: Store, world: World, parts: Parts) -> VoidPayment:
    """Let go of what is held."""
    return VoidPayment(
        order_of=parts.order_of,
        payments=store.payments,
        stop=parts.stop,
        settle=parts.settle,
        audit=parts.audit,
        unit_of_work=store.unit_of_work,
        clock=world.clock,
    )


def _resolve(store: Store, world: World, parts: Parts) -> ResolvePayment:
    """Find out what became of a payment."""
    return ResolvePayment(
        payments=store.payments,
        orders=store.orders,
        gateways=world.gateways,
        switches=store.held_switches,
        settle=parts.settle,
        unit_of_work=store.unit_of_work,
        clock=world.clock,
    )


def _later(store: Store, parts: Parts) -> TakeLaterNews:
    """What happens to money long after."""
    return TakeLaterNews(
        payments=store.payments, orders=store.orders, ledger=store.ledger, events=parts.events, jobs=store.jobs
    )


def _take_in_refund(store: Store, world: World, parts: Parts) -> TakeInRefund:
    """Book what was given back elsewhere."""
    return TakeInRefund(
        orders=store.orders,
        payments=store.payments,
        ledger=store.ledger,
        events=parts.events,
        unit_of_work=store.unit_of_work,
        clock=world.clock,
    )


def jobs(store: Store, world: World, parts: Parts) -> JobCases:
    """The queue, for its operator."""
    operate = OperateJobs(
        queue=store.queue,
        audit=parts.audit,
        events=parts.events,
        unit_of_work=store.unit_of_work,
        clock=world.clock,
    )
    return JobCases(
        list=ListJobs(queue=store.queue, signer=world.signer),
        show=ShowJob(queue=store.queue),
        depth=ShowDepth(queue=store.queue),
        retry=RetryJob(operate=operate),
        retry_all=RetryJobs(operate=operate),
        discard=DiscardJob(operate=operate),
        discard_all=DiscardJobs(operate=operate),
    )


def audit(store: Store, world: World) -> AuditCases:
    """The log."""
    return AuditCases(
        list=ListEntries(audit_log=store.audit_log, signer=world.signer),
        verify=VerifyLog(audit_log=store.audit_log, signer=world.signer),
    )


def upkeep(store: Store, world: World, parts: Parts) -> Upkeep:
    """What the shop does by itself."""
    return Upkeep(
        settle_stock=SettleStock(
            orders=store.orders,
            reservations=store.reservations,
            coupons=store.coupons,
            unit_of_work=store.unit_of_work,
            clock=world.clock,
        ),
        carry_out_refund=CarryOutRefund(
            orders=store.orders,
            payments=store.payments,
            gateways=world.gateways,
            ledger=store.ledger,
            restock=Restock(reservations=store.reservations, levels=store.levels),
            jobs=store.jobs,
            events=parts.events,
            unit_of_work=store.unit_of_work,
            clock=world.clock,
        ),
        expire_order=ExpireOrder(
            orders=store.orders,
            payments=store.payments,
            stop=parts.stop,
            settle=parts.settle,
            events=parts.events,
            unit_of_work=store.unit_of_work,
            clock=world.clock,
        ),
        send_order_mail=SendOrderMail(orders=store.orders, accounts=store.accounts, deliver=parts.deliver),
        sweep_overdue=SweepOverdue(
            payments=store.payments,
            order_list=store.order_list,
            reservations=store.reservations,
            jobs=store.jobs,
            unit_of_work=store.unit_of_work,
            clock=world.clock,
        ),
        forget_expired_carts=ForgetExpiredCarts(carts=store.carts, unit_of_work=store.unit_of_work, clock=world.clock),
        forget_old_claims=ForgetOldClaims(claims=store.claims, unit_of_work=store.unit_of_work, clock=world.clock),
        forget_webhooks=ForgetWebhooks(inbox=store.inbox, queue=store.queue, clock=world.clock),
        forget_done_jobs=ForgetDoneJobs(queue=store.queue, clock=world.clock),
        pass_events_on=PassEventsOn(stream=stream_of(world)),
        forget_sent_messages=ForgetSentMessages(sent=store.sent_messages, clock=world.clock),
    )
