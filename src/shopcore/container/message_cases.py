"""What staff and mail providers do about messages: the use cases, built by typed functions."""

from dataclasses import dataclass
from datetime import timedelta

from shopcore.container.bound import bound
from shopcore.container.ports import Store, World
from shopcore.kernel.actor import Actor
from shopcore.kernel.audit import Audit
from shopcore.messages.use_cases.lift_suppression import LiftSuppression
from shopcore.messages.use_cases.list_troubled_addresses import ListTroubledAddresses
from shopcore.messages.use_cases.note_discarded import NoteDiscarded
from shopcore.messages.use_cases.tally_messages import TallyMessages
from shopcore.notifications.steps import Deliver
from shopcore.notifications.use_cases.find_back_in_stock import FindBackInStock
from shopcore.notifications.use_cases.list_stock_watches import ListStockWatches
from shopcore.notifications.use_cases.receive_delivery_report import ReceiveDeliveryReport
from shopcore.notifications.use_cases.report_dead_jobs import ReportDeadJobs
from shopcore.notifications.use_cases.report_differences import ReportDifferences
from shopcore.notifications.use_cases.report_endpoint_off import ReportEndpointOff
from shopcore.notifications.use_cases.report_failed_refund import ReportFailedRefund
from shopcore.notifications.use_cases.report_lapsed_hold import ReportLapsedHold
from shopcore.notifications.use_cases.report_low_stock import ReportLowStock
from shopcore.notifications.use_cases.send_back_in_stock import SendBackInStock
from shopcore.notifications.use_cases.send_cart_reminder import SendCartReminder
from shopcore.notifications.use_cases.show_unsent import ShowUnsent
from shopcore.notifications.use_cases.unwatch_stock import UnwatchStock
from shopcore.notifications.use_cases.watch_stock import WatchStock
from shopcore.settings import Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class NewsCases:
    """What the shop writes to customers who asked for it, and to staff."""

    send_cart_reminder: SendCartReminder
    watch_stock: WatchStock
    unwatch_stock: UnwatchStock
    list_stock_watches: ListStockWatches
    find_back_in_stock: FindBackInStock
    send_back_in_stock: SendBackInStock
    report_dead_jobs: ReportDeadJobs
    report_endpoint_off: ReportEndpointOff
    report_differences: ReportDifferences
    report_failed_refund: ReportFailedRefund
    report_lapsed_hold: ReportLapsedHold
    report_low_stock: ReportLowStock
    note_discarded: NoteDiscarded


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageCases:
    """What was sent, and where mail does not arrive."""

    tally: TallyMessages
    unsent: ShowUnsent
    troubled: ListTroubledAddresses
    lift: LiftSuppression
    report: ReceiveDeliveryReport
    news: NewsCases


class MessageActs:
    """What was sent, where mail does not arrive, and what one waits for."""

    def __init__(self, cases: MessageCases, actor: Actor) -> None:
        self.tally = bound(cases.tally, actor)
        self.unsent = bound(cases.unsent, actor)
        self.troubled = bound(cases.troubled, actor)
        self.lift = bound(cases.lift, actor)
        self.report = bound(cases.report, actor)
        self.watch = bound(cases.news.watch_stock, actor)
        self.unwatch = bound(cases.news.unwatch_stock, actor)
        self.watches = bound(cases.news.list_stock_watches, actor)


def deliver(settings: Settings, store: Store, world: World) -> Deliver:
    """The way of every message."""
    return Deliver(
        templates=world.templates,
        plain=world.plain_templates,
        mailer=world.mailer,
        short=world.short_messages,
        sent=store.sent_messages,
        addresses=store.troubled_addresses,
        sealer=world.sealer,
        clock=world.clock,
        patience=timedelta(seconds=settings.mail_patience_seconds),
    )


def messages(settings: Settings, store: Store, world: World, audit: Audit, news: NewsCases) -> MessageCases:
    """The use cases."""
    return MessageCases(
        news=news,
        tally=TallyMessages(sent=store.sent_messages),
        unsent=ShowUnsent(queue=store.queue),
        troubled=ListTroubledAddresses(addresses=store.troubled_addresses),
        lift=LiftSuppression(
            addresses=store.troubled_addresses,
            emails=world.emails,
            sealer=world.sealer,
            audit=audit,
            unit_of_work=store.unit_of_work,
        ),
        report=ReceiveDeliveryReport(
            secrets=settings.mail_report_secrets,
            inbox=store.inbox,
            addresses=store.troubled_addresses,
            emails=world.emails,
            sealer=world.sealer,
            unit_of_work=store.unit_of_work,
            clock=world.clock,
        ),
    )
