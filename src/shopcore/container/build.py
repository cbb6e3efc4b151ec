"""The graph of use cases, built by typed functions: a wrong argument is a type error, not a surprise at run time."""

from collections.abc import Callable

from shopcore.aftersales.steps import OrderOfActor, SettlePayment
from shopcore.aftersales.use_cases.cancel_order import CancelOrder
from shopcore.aftersales.use_cases.carry_out_refund import CarryOutRefund
from shopcore.aftersales.use_cases.deliver_order import DeliverOrder
from shopcore.aftersales.use_cases.expire_order import ExpireOrder
from shopcore.aftersales.use_cases.find_order import FindOrder
from shopcore.aftersales.use_cases.list_orders import ListOrders
from shopcore.aftersales.use_cases.process_webhook import ProcessWebhook
from shopcore.aftersales.use_cases.receive_webhook import ReceiveWebhook
from shopcore.aftersales.use_cases.refund_order import RefundOrder
from shopcore.aftersales.use_cases.resolve_payment import ResolvePayment
from shopcore.aftersales.use_cases.settle_stock import SettleStock
from shopcore.aftersales.use_cases.ship_order import ShipOrder
from shopcore.aftersales.use_cases.show_order import ShowOrder
from shopcore.aftersales.use_cases.sweep_overdue import SweepOverdue
