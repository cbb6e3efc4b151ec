"""The use cases of payments, built by typed functions."""

from shopcore.aftersales.steps.later_news import TakeLaterNews
from shopcore.aftersales.use_cases.capture_payment import CapturePayment
from shopcore.aftersales.use_cases.confirm_charges import ConfirmCharges
from shopcore.aftersales.use_cases.list_webhooks import ListWebhooks
from shopcore.aftersales.use_cases.match_webhooks import MatchWebhooks
from shopcore.aftersales.use_cases.process_webhook import ProcessWebhook
from shopcore.aftersales.use_cases.receive_webhook import ReceiveWebhook
from shopcore.aftersales.use_cases.replay_webhooks import ReplayWebhooks
from shopcore.aftersales.use_cases.report_payments import ReportPayments
from shopcore.aftersales.use_cases.resolve_payment import ResolvePayment
from shopcore.aftersales.use_cases.show_payment import ShowPayment
from shopcore.aftersales.use_cases.stop_attempt import StopAttempt
from shopcore.aftersales.use_cases.take_in_news import TakeInNews
from shopcore.aftersales.use_cases.take_in_refund import TakeInRefund
from shopcore.aftersales.use_cases.void_payment import VoidPayment
from shopcore.container.cases import PaymentCases
from shopcore.container.parts import Parts
from shopcore.container.ports import Store, World
from shopcore.payments.use_cases.list_gateways import ListGateways
from shopcore.payments.use_cases.list_methods import ListMethods
from shopcore.payments.use_cases.remove_method import RemoveMethod
from shopcore.payments.use_cases.switch_gateway import SwitchGateway


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
        switch_gateway=_switch_gateway(store, world, parts),
        list_webhooks=ListWebhooks(queue=store.queue, inbox=store.inbox),
        receive_webhook=ReceiveWebhook(
            gateways=world.gateways,
            inbox=store.inbox,
            events=parts.events,
            unit_of_work=store.unit_of_work,
            clock=world.clock,
        ),
        process_webhook=_process_webhook(store, world, parts),
        match_webhooks=MatchWebhooks(
            inbox=store.inbox,
            payments=store.payments,
            jobs=store.jobs,
            unit_of_work=store.unit_of_work,
            clock=world.clock,
        ),
        replay_webhooks=_replay_webhooks(store, world, parts),
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


def _replay_webhooks(store: Store, world: World, parts: Parts) -> ReplayWebhooks:
    """Do what was set aside."""
    return ReplayWebhooks(
        inbox=store.inbox,
        names=world.gateways,
        jobs=store.jobs,
        audit=parts.audit,
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
        jobs=store.jobs,
        events=parts.events,
        unit_of_work=store.unit_of_work,
        clock=world.clock,
    )


def _switch_gateway(store: Store, world: World, parts: Parts) -> SwitchGateway:
    """Turn a gateway off, and on again."""
    return SwitchGateway(
        switches=store.switches,
        names=world.gateways,
        default=world.default_gateway,
        events=parts.events,
        audit=parts.audit,
        unit_of_work=store.unit_of_work,
        clock=world.clock,
    )


def _process_webhook(store: Store, world: World, parts: Parts) -> ProcessWebhook:
    """Take in what a gateway has said."""
    return ProcessWebhook(
        inbox=store.inbox,
        gateways=world.gateways,
        settle=parts.settle,
        later=_later(store, parts),
        unit_of_work=store.unit_of_work,
        clock=world.clock,
    )
