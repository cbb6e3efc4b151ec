"""The jobs that compare the books with the gateways, and take in what happened there alone."""

from collections.abc import Mapping
from datetime import timedelta

from shopcore.container.cases import PaymentCases
from shopcore.container.money_cases import ReconciliationCases
from shopcore.jobs.model import Schedule
from shopcore.jobs.steps.do_jobs import Handlers
from shopcore.kernel.actor import System
from shopcore.kernel.ids import PaymentId, RefundId
from shopcore.kernel.money import Money
from shopcore.payments.model import Dispute, DisputeState

SCHEDULES = (
    Schedule(kind="reconcile_payments", every=timedelta(days=1)),
    Schedule(kind="sum_up_ledger", every=timedelta(hours=1)),
)


def handlers(payments: PaymentCases, reconciliations: ReconciliationCases) -> Handlers:
    """The use case behind each kind of job, with the shop itself as the actor."""

    async def reconcile_payments(payload: Mapping[str, str]) -> None:
        await reconciliations.reconcile(System(kind="reconcile_payments"), run_id=payload.get("run_id"), in_steps=True)

    async def sum_up_ledger(_payload: Mapping[str, str]) -> None:
        await reconciliations.sum_up(System(kind="sum_up_ledger"))

    async def take_in_refund(payload: Mapping[str, str]) -> None:
        await payments.take_in_refund(
            System(kind="take_in_refund"),
            payment_id=PaymentId(payload["payment_id"]),
            refund_id=RefundId(payload["refund_id"]),
            amount=Money(int(payload["amount"]), payload["currency"]),
            attempt=int(payload["attempt"]) if payload["attempt"] else None,
        )

    async def take_in_return(payload: Mapping[str, str]) -> None:
        await payments.take_in_news(
            System(kind="take_in_return"),
            payment_id=PaymentId(payload["payment_id"]),
            refund_id=RefundId(payload["refund_id"]),
        )

    async def take_in_dispute(payload: Mapping[str, str]) -> None:
        dispute = Dispute(
            id=payload["dispute_id"],
            state=DisputeState(payload["state"]),
            amount=Money(int(payload["amount"]), payload["currency"]),
        )
        await payments.take_in_news(
            System(kind="take_in_dispute"),
            payment_id=PaymentId(payload["payment_id"]),
            dispute=dispute,
            attempt=int(payload["attempt"]) if payload["attempt"] else None,
        )

    return {
        "reconcile_payments": reconcile_payments,
        "sum_up_ledger": sum_up_ledger,
        "take_in_refund": take_in_refund,
        "take_in_return": take_in_return,
        "take_in_dispute": take_in_dispute,
    }
