"""The use cases of orders that were placed, built by a typed function."""

from shopcore.aftersales.use_cases.annotate_order import AnnotateOrder
from shopcore.aftersales.use_cases.cancel_order import CancelOrder
from shopcore.aftersales.use_cases.deliver_order import DeliverOrder
from shopcore.aftersales.use_cases.find_order import FindOrder
from shopcore.aftersales.use_cases.list_orders import ListOrders
from shopcore.aftersales.use_cases.refund_order import RefundOrder
from shopcore.aftersales.use_cases.retry_refund import RetryRefund
from shopcore.aftersales.use_cases.ship_order import ShipOrder
from shopcore.aftersales.use_cases.show_order import ShowOrder
from shopcore.container.cases import OrderCases
from shopcore.container.parts import Parts
from shopcore.container.ports import Store, World


def orders(store: Store, world: World, parts: Parts) -> OrderCases:
    """Acts on orders."""
    return OrderCases(
        show=ShowOrder(order_of=parts.order_of),
        list=ListOrders(order_list=store.order_list, emails=world.emails, signer=world.signer),
        find=FindOrder(orders=store.orders),
        cancel=_cancel(store, world, parts),
        refund=_refund(store, world, parts),
        retry_refund=_retry_refund(store, world, parts),
        ship=ShipOrder(
            orders=store.orders,
            payments=store.payments,
            ledger=store.ledger,
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


def _cancel(store: Store, world: World, parts: Parts) -> CancelOrder:
    """End it, and give back what was paid."""
    return CancelOrder(
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
    )


def _refund(store: Store, world: World, parts: Parts) -> RefundOrder:
    """Give back some of it, or all."""
    return RefundOrder(
        orders=store.orders,
        payments=store.payments,
        gateways=world.gateways,
        ledger=store.ledger,
        events=parts.events,
        audit=parts.audit,
        unit_of_work=store.unit_of_work,
        ids=world.ids,
        clock=world.clock,
    )


def _retry_refund(store: Store, world: World, parts: Parts) -> RetryRefund:
    """Give back what a gateway would not."""
    return RetryRefund(
        orders=store.orders,
        payments=store.payments,
        ledger=store.ledger,
        events=parts.events,
        audit=parts.audit,
        unit_of_work=store.unit_of_work,
        ids=world.ids,
        clock=world.clock,
    )
