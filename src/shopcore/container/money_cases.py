"""What can be asked of the books, grouped for the root and for who acts."""

from dataclasses import dataclass

from shopcore.aftersales.use_cases.check_orders import CheckOrders
from shopcore.aftersales.use_cases.confirm_payment import ConfirmPayment
from shopcore.aftersales.use_cases.confirm_refund import ConfirmRefund
from shopcore.aftersales.use_cases.refuse_payment import RefusePayment
from shopcore.payments.use_cases.check_sums import CheckSums
from shopcore.payments.use_cases.leave_difference import LeaveDifference
from shopcore.payments.use_cases.list_reconciliations import ListReconciliations
from shopcore.payments.use_cases.reconcile_payments import ReconcilePayments
from shopcore.payments.use_cases.report_balances import ReportBalances
from shopcore.payments.use_cases.report_tax import ReportTax
from shopcore.payments.use_cases.request_reconciliation import RequestReconciliation
from shopcore.payments.use_cases.show_reconciliation import ShowReconciliation
from shopcore.payments.use_cases.sum_up_ledger import SumUpLedger


@dataclass(frozen=True, kw_only=True, slots=True)
class ReconciliationCases:
    """What gateways list, against the books."""

    request: RequestReconciliation
    reconcile: ReconcilePayments
    list: ListReconciliations
    show: ShowReconciliation
    leave: LeaveDifference
    sum_up: SumUpLedger


@dataclass(frozen=True, kw_only=True, slots=True)
class HandCases:
    """Money that came, that is not going to come, and that was given back."""

    confirm: ConfirmPayment
    refuse: RefusePayment
    confirm_refund: ConfirmRefund


@dataclass(frozen=True, kw_only=True, slots=True)
class BookCases:
    """What the books come to."""

    tax: ReportTax
    balances: ReportBalances
    check_orders: CheckOrders
    check_sums: CheckSums
