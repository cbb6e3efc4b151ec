"""The use cases of news, built by a typed function."""

from datetime import timedelta

from shopcore.container.message_cases import NewsCases
from shopcore.container.parts import Parts
from shopcore.container.ports import Store, World
from shopcore.messages.use_cases.note_discarded import NoteDiscarded
from shopcore.notifications.use_cases.find_back_in_stock import FindBackInStock
from shopcore.notifications.use_cases.list_stock_watches import ListStockWatches
from shopcore.notifications.use_cases.report_dead_jobs import ReportDeadJobs
from shopcore.notifications.use_cases.report_differences import ReportDifferences
from shopcore.notifications.use_cases.report_endpoint_off import ReportEndpointOff
from shopcore.notifications.use_cases.report_failed_refund import ReportFailedRefund
from shopcore.notifications.use_cases.report_lapsed_hold import ReportLapsedHold
from shopcore.notifications.use_cases.report_low_stock import ReportLowStock
from shopcore.notifications.use_cases.send_back_in_stock import SendBackInStock
from shopcore.notifications.use_cases.send_cart_reminder import SendCartReminder
from shopcore.notifications.use_cases.unwatch_stock import UnwatchStock
from shopcore.notifications.use_cases.watch_stock import WatchStock
from shopcore.settings import Settings


def news(settings: Settings, store: Store, world: World, parts: Parts) -> NewsCases:
    """What the shop writes by itself to customers who asked for it, and to staff."""
    return NewsCases(
        note_discarded=NoteDiscarded(sent=store.sent_messages, clock=world.clock),
        send_cart_reminder=_send_cart_reminder(settings, store, world, parts),
        watch_stock=WatchStock(
            accounts=store.accounts, products=store.products, watches=store.stock_watches, clock=world.clock
        ),
        unwatch_stock=UnwatchStock(watches=store.stock_watches),
        list_stock_watches=ListStockWatches(watches=store.stock_watches),
        find_back_in_stock=FindBackInStock(
            watches=store.stock_watches,
            products=store.products,
            levels=store.levels,
            events=parts.events,
            unit_of_work=store.unit_of_work,
            clock=world.clock,
        ),
        send_back_in_stock=SendBackInStock(
            accounts=store.accounts,
            products=store.products,
            signer=world.signer,
            deliver=parts.deliver,
            app_url=settings.app_url,
        ),
        report_dead_jobs=ReportDeadJobs(queue=store.queue, deliver=parts.deliver, to=settings.staff_email),
        report_endpoint_off=ReportEndpointOff(
            endpoints=store.endpoints, deliver=parts.deliver, to=settings.staff_email
        ),
        report_differences=ReportDifferences(
            reconciliations=store.reconciliations, deliver=parts.deliver, to=settings.staff_email
        ),
        report_failed_refund=ReportFailedRefund(orders=store.orders, deliver=parts.deliver, to=settings.staff_email),
        report_lapsed_hold=ReportLapsedHold(orders=store.orders, deliver=parts.deliver, to=settings.staff_email),
        report_low_stock=ReportLowStock(
            levels=store.levels,
            deliver=parts.deliver,
            clock=world.clock,
            to=settings.staff_email,
            threshold=settings.low_stock_threshold,
        ),
    )


def _send_cart_reminder(settings: Settings, store: Store, world: World, parts: Parts) -> SendCartReminder:
    """Remind of what was left in a cart."""
    return SendCartReminder(
        carts=store.carts,
        accounts=store.accounts,
        products=store.products,
        signer=world.signer,
        deliver=parts.deliver,
        events=parts.events,
        unit_of_work=store.unit_of_work,
        clock=world.clock,
        after=timedelta(hours=settings.cart_reminder_hours),
        app_url=settings.app_url,
    )
