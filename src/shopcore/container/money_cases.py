"""What can be asked of the books, grouped for the root and for who acts."""

from dataclasses import dataclass

from shopcore.payments.use_cases.list_reconciliations import ListReconciliations
from shopcore.payments.use_cases.reconcile_payments import ReconcilePayments
from shopcore.payments.use_cases.request_reconciliation import RequestReconciliation
from shopcore.payments.use_cases.show_reconciliation import ShowReconciliation


@dataclass(frozen=True, kw_only=True, slots=True)
class ReconciliationCases:
    """What gateways list, against the books."""

    request: RequestReconciliation
    reconcile: ReconcilePayments
    list: ListReconciliations
    show: ShowReconciliation
