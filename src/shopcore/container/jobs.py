"""All jobs: which follow from what happened, who does them, and what is done by the clock."""

from datetime import timedelta

from shopcore.container import (
    account_jobs,
    event_jobs,
    news_jobs,
    order_jobs,
    order_mail_jobs,
    payment_jobs,
    reconciliation_jobs,
    report_jobs,
    upkeep_jobs,
    webhook_jobs,
)
from shopcore.container.account_cases import AccountUpkeep
from shopcore.container.cases import PaymentCases, ReportCases, Upkeep
from shopcore.container.message_cases import NewsCases
from shopcore.container.money_cases import ReconciliationCases
from shopcore.container.webhook_cases import WebhookCases
from shopcore.jobs.steps.do_jobs import Handler, Handlers, Together
from shopcore.jobs.use_cases.publish_events import Bindings

SCHEDULES = (
    *upkeep_jobs.SCHEDULES,
    *payment_jobs.SCHEDULES,
    *reconciliation_jobs.SCHEDULES,
    *account_jobs.SCHEDULES,
    *report_jobs.SCHEDULES,
    *webhook_jobs.SCHEDULES,
    *order_mail_jobs.SCHEDULES,
    *news_jobs.SCHEDULES,
)

SWEEP_EVERY = timedelta(seconds=5)
"""Sweeping is idempotent and finds nothing as a rule: every worker does it by itself, without a job for each tick."""

BINDINGS: Bindings = {
    **order_jobs.BINDINGS,
    **payment_jobs.BINDINGS,
    **account_jobs.BINDINGS,
    **order_mail_jobs.BINDINGS,
    **news_jobs.BINDINGS,
}
"""What must be done about what happened. An event that is not here has no consequence yet."""


def handlers(
    upkeep: Upkeep,
    payments: PaymentCases,
    reconciliations: ReconciliationCases,
    accounts: AccountUpkeep,
    reports: ReportCases,
    webhooks: WebhookCases,
    news: NewsCases,
) -> Handlers:
    """The use case behind each kind of job, with the shop itself as the actor."""
    return each_once(
        event_jobs.handlers(upkeep),
        order_jobs.handlers(upkeep),
        payment_jobs.handlers(payments),
        order_mail_jobs.handlers(upkeep),
        reconciliation_jobs.handlers(payments, reconciliations),
        upkeep_jobs.handlers(upkeep),
        account_jobs.handlers(accounts),
        report_jobs.handlers(reports),
        webhook_jobs.handlers(webhooks),
        news_jobs.handlers(news),
    )


def each_once(*parts: Handlers) -> Handlers:
    """All of them. Raises `ValueError` where two have one name: one of them would never be called."""
    found: dict[str, Handler | Together] = {}
    for kind, handler in ((kind, handler) for part in parts for kind, handler in part.items()):
        if kind in found:
            raise ValueError(f"two kinds of jobs are called {kind}")
        found[kind] = handler
    return found
