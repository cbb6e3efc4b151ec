"""Comparing gateways with the books, built by typed functions."""

from shopcore.aftersales.use_cases.check_orders import CheckOrders
from shopcore.container.money_cases import BookCases, ReconciliationCases
from shopcore.container.parts import Parts
from shopcore.container.ports import Store, World
from shopcore.payments.steps.comparing import AdvanceReconciliation, CompareWithGateway
from shopcore.payments.steps.keeping import KeepReconciliation
from shopcore.payments.use_cases.check_sums import CheckSums
from shopcore.payments.use_cases.leave_difference import LeaveDifference
from shopcore.payments.use_cases.list_reconciliations import ListReconciliations
from shopcore.payments.use_cases.reconcile_payments import ReconcilePayments
from shopcore.payments.use_cases.report_balances import ReportBalances
from shopcore.payments.use_cases.report_tax import ReportTax
from shopcore.payments.use_cases.request_reconciliation import RequestReconciliation
from shopcore.payments.use_cases.show_reconciliation import ShowReconciliation
from shopcore.payments.use_cases.sum_up_ledger import SumUpLedger


def reconciliations(store: Store, world: World, parts: Parts) -> ReconciliationCases:
    """What gateways list, against the books."""
    return ReconciliationCases(
        request=RequestReconciliation(
            reconciliations=store.reconciliations,
            jobs=store.jobs,
            audit=parts.audit,
            unit_of_work=store.unit_of_work,
            ids=world.ids,
            clock=world.clock,
        ),
        reconcile=ReconcilePayments(
            gateways=world.gateways,
            advance=AdvanceReconciliation(
                gateways=world.gateways,
                compare=CompareWithGateway(ledger=store.ledger, payments=store.payments),
                ledger=store.ledger,
                reconciliations=store.reconciliations,
                jobs=store.jobs,
                audit=parts.audit,
                unit_of_work=store.unit_of_work,
                clock=world.clock,
            ),
            keep=KeepReconciliation(
                reconciliations=store.reconciliations,
                jobs=store.jobs,
                events=parts.events,
                unit_of_work=store.unit_of_work,
            ),
            reconciliations=store.reconciliations,
            ids=world.ids,
            clock=world.clock,
        ),
        list=ListReconciliations(reconciliations=store.reconciliations, signer=world.signer),
        show=ShowReconciliation(reconciliations=store.reconciliations),
        leave=LeaveDifference(
            reconciliations=store.reconciliations,
            audit=parts.audit,
            unit_of_work=store.unit_of_work,
            clock=world.clock,
        ),
        sum_up=SumUpLedger(
            ledger=store.ledger,
            reconciliations=store.reconciliations,
            unit_of_work=store.unit_of_work,
            clock=world.clock,
        ),
    )


def books(store: Store, world: World, parts: Parts) -> BookCases:
    """What the books come to."""
    return BookCases(
        tax=ReportTax(ledger=store.ledger, clock=world.clock),
        balances=ReportBalances(ledger=store.ledger, reconciliations=store.reconciliations, clock=world.clock),
        check_sums=CheckSums(
            ledger=store.ledger,
            reconciliations=store.reconciliations,
            audit=parts.audit,
            unit_of_work=store.unit_of_work,
        ),
        check_orders=CheckOrders(
            order_list=store.order_list,
            orders=store.orders,
            ledger=store.ledger,
            audit=parts.audit,
            unit_of_work=store.unit_of_work,
            signer=world.signer,
        ),
    )
