"""What the shop does by itself, and what its operator sees of that: the queue and the log, built by typed functions."""

from shopcore.aftersales.steps.goods import Restock
from shopcore.aftersales.use_cases.carry_out_refund import CarryOutRefund
from shopcore.aftersales.use_cases.expire_order import ExpireOrder
from shopcore.aftersales.use_cases.forget_webhooks import ForgetWebhooks
from shopcore.aftersales.use_cases.settle_stock import SettleStock
from shopcore.aftersales.use_cases.sweep_overdue import SweepOverdue
from shopcore.audit.use_cases.list_entries import ListEntries
from shopcore.audit.use_cases.verify_log import VerifyLog
from shopcore.container.cases import AuditCases, JobCases, Upkeep
from shopcore.container.parts import Parts, stream_of
from shopcore.container.ports import Store, World
from shopcore.idempotency.use_cases.forget_old_claims import ForgetOldClaims
from shopcore.jobs.steps.operate_jobs import OperateJobs
from shopcore.jobs.use_cases.discard_job import DiscardJob
from shopcore.jobs.use_cases.discard_jobs import DiscardJobs
from shopcore.jobs.use_cases.forget_done_jobs import ForgetDoneJobs
from shopcore.jobs.use_cases.list_jobs import ListJobs
from shopcore.jobs.use_cases.retry_job import RetryJob
from shopcore.jobs.use_cases.retry_jobs import RetryJobs
from shopcore.jobs.use_cases.show_depth import ShowDepth
from shopcore.jobs.use_cases.show_job import ShowJob
from shopcore.messages.use_cases.forget_sent_messages import ForgetSentMessages
from shopcore.notifications.use_cases.send_order_mail import SendOrderMail
from shopcore.operations.use_cases.pass_events_on import PassEventsOn
from shopcore.shopping.use_cases.forget_expired_carts import ForgetExpiredCarts


def jobs(store: Store, world: World, parts: Parts) -> JobCases:
    """The queue, for its operator."""
    operate = OperateJobs(
        queue=store.queue,
        audit=parts.audit,
        events=parts.events,
        unit_of_work=store.unit_of_work,
        clock=world.clock,
    )
    return JobCases(
        list=ListJobs(queue=store.queue, signer=world.signer),
        show=ShowJob(queue=store.queue),
        depth=ShowDepth(queue=store.queue),
        retry=RetryJob(operate=operate),
        retry_all=RetryJobs(operate=operate),
        discard=DiscardJob(operate=operate),
        discard_all=DiscardJobs(operate=operate),
    )


def audit(store: Store, world: World) -> AuditCases:
    """The log."""
    return AuditCases(
        list=ListEntries(audit_log=store.audit_log, signer=world.signer),
        verify=VerifyLog(audit_log=store.audit_log, signer=world.signer),
    )


def upkeep(store: Store, world: World, parts: Parts) -> Upkeep:
    """What the shop does by itself."""
    return Upkeep(
        settle_stock=SettleStock(
            orders=store.orders,
            reservations=store.reservations,
            coupons=store.coupons,
            unit_of_work=store.unit_of_work,
            clock=world.clock,
        ),
        carry_out_refund=CarryOutRefund(
            orders=store.orders,
            payments=store.payments,
            gateways=world.gateways,
            ledger=store.ledger,
            restock=Restock(reservations=store.reservations, levels=store.levels),
            jobs=store.jobs,
            events=parts.events,
            unit_of_work=store.unit_of_work,
            clock=world.clock,
        ),
        expire_order=ExpireOrder(
            orders=store.orders,
            payments=store.payments,
            stop=parts.stop,
            settle=parts.settle,
            events=parts.events,
            unit_of_work=store.unit_of_work,
            clock=world.clock,
        ),
        send_order_mail=SendOrderMail(orders=store.orders, accounts=store.accounts, deliver=parts.deliver),
        sweep_overdue=SweepOverdue(
            payments=store.payments,
            order_list=store.order_list,
            reservations=store.reservations,
            jobs=store.jobs,
            unit_of_work=store.unit_of_work,
            clock=world.clock,
        ),
        forget_expired_carts=ForgetExpiredCarts(carts=store.carts, unit_of_work=store.unit_of_work, clock=world.clock),
        forget_old_claims=ForgetOldClaims(claims=store.claims, unit_of_work=store.unit_of_work, clock=world.clock),
        forget_webhooks=ForgetWebhooks(inbox=store.inbox, queue=store.queue, clock=world.clock),
        forget_done_jobs=ForgetDoneJobs(queue=store.queue, clock=world.clock),
        pass_events_on=PassEventsOn(stream=stream_of(world)),
        forget_sent_messages=ForgetSentMessages(sent=store.sent_messages, clock=world.clock),
    )
