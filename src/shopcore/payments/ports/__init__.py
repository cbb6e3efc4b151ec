"""What payments need: gateways, a store, a ledger and an inbox."""

from shopcore.payments.ports.gateways import Aside, GatewayEvent, MethodKeeper, PaymentGateway, RefundReport
from shopcore.payments.ports.stores import (
    HandPayments,
    Inbox,
    Ledger,
    PaymentFilter,
    PaymentList,
    Payments,
    Reconciliations,
    Switches,
    Wallets,
)

__all__ = [
    "Aside",
    "GatewayEvent",
    "HandPayments",
    "Inbox",
    "Ledger",
    "MethodKeeper",
    "PaymentFilter",
    "PaymentGateway",
    "PaymentList",
    "Payments",
    "Reconciliations",
    "RefundReport",
    "Switches",
    "Wallets",
]
