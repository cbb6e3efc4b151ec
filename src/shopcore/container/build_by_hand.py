"""Builds what staff say of money that no machine sees."""

from shopcore.aftersales.steps import HandPaymentOf
from shopcore.aftersales.use_cases.confirm_payment import ConfirmPayment
from shopcore.aftersales.use_cases.confirm_refund import ConfirmRefund
from shopcore.aftersales.use_cases.refuse_payment import RefusePayment
from shopcore.container.money_cases import HandCases
from shopcore.container.parts import Parts
from shopcore.container.ports import Store, World


def by_hand(store: Store, world: World, parts: Parts) -> HandCases:
    """What came, what is not going to come, and what was given back."""
    by_hand_of = HandPaymentOf(payments=store.payments, book=store.hand_payments)
    return HandCases(
        confirm=ConfirmPayment(
            order_of=parts.order_of,
            by_hand=by_hand_of,
            settle=parts.settle,
            audit=parts.audit,
            unit_of_work=store.unit_of_work,
            clock=world.clock,
        ),
        refuse=RefusePayment(
            order_of=parts.order_of,
            by_hand=by_hand_of,
            settle=parts.settle,
            audit=parts.audit,
            unit_of_work=store.unit_of_work,
            clock=world.clock,
        ),
        confirm_refund=ConfirmRefund(
            orders=store.orders,
            payments=store.payments,
            book=store.hand_payments,
            jobs=store.jobs,
            audit=parts.audit,
            unit_of_work=store.unit_of_work,
            clock=world.clock,
        ),
    )
