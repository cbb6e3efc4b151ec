"""The composition root: which adapters a shop's settings choose, opened when they are needed, closed in reverse."""

import inspect
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar, cast

import structlog
from dependency_injector import containers, providers

from shopcore.container import (
    build_access,
    build_account_upkeep,
    build_accounts,
    build_by_hand,
    build_news,
    build_oauth,
    build_orders,
    build_passkeys,
    build_payments,
    build_privacy,
    build_reconciliation,
    build_reports,
    build_shopping,
    build_upkeep,
    build_webhooks,
    message_cases,
)
from shopcore.container.adapters import (
    build_world,
    keys_of,
    open_shared,
    open_store,
    share,
)
from shopcore.container.cases import UseCases
from shopcore.container.gateways import BogusBank, open_bogus_bank, open_stripe, with_manual
from shopcore.container.jobs import SCHEDULES, handlers
from shopcore.container.mailers import open_mailer
from shopcore.container.pacing import paces
from shopcore.container.parts import build_parts, stream_of
from shopcore.container.ports import Store, World
from shopcore.container.senders import open_webhook_sender
from shopcore.idempotency.use_cases.answer_once import AnswerOnce
from shopcore.jobs.model import Job
from shopcore.jobs.steps.do_jobs import DoJobs
from shopcore.jobs.use_cases.enqueue_scheduled import EnqueueScheduled
from shopcore.jobs.use_cases.work_jobs import WorkJobs
from shopcore.kernel.tracebacks import traceback_of
from shopcore.operations.use_cases.read_events import ReadEvents
from shopcore.settings import Settings

T = TypeVar("T")
Report = Callable[[Job, Exception], None]

_log = structlog.get_logger("shopcore")


def build_use_cases(settings: Settings, store: Store, world: World, report: Report) -> UseCases:
    """Everything a shop can do, over these ports."""
    world = with_manual(settings, store, world)
    parts = build_parts(settings, store, world)
    payments, upkeep = build_payments.payments(store, world, parts), build_upkeep.upkeep(store, world, parts)
    reconciliations = build_reconciliation.reconciliations(store, world, parts)
    news = build_news.news(settings, store, world, parts)
    steps, account_upkeep = build_accounts.steps(store, world, parts), build_account_upkeep.upkeep(store, world, parts)
    reports, webhooks = build_reports.reports(store, world), build_webhooks.webhooks(settings, store, world, parts)
    doing = handlers(upkeep, payments, reconciliations, account_upkeep, reports, webhooks, news)
    return UseCases(
        catalog=build_shopping.catalog(store, world, parts),
        cart=build_shopping.cart(store, world, parts),
        checkout=build_shopping.checkout(store, world, parts),
        pricing=build_shopping.pricing(store, world, parts),
        stock=build_shopping.stock(store, world, parts),
        orders=build_orders.orders(store, world, parts),
        payments=payments,
        by_hand=build_by_hand.by_hand(store, world, parts),
        books=build_reconciliation.books(store, world, parts),
        reconciliations=reconciliations,
        jobs=build_upkeep.jobs(store, world, parts),
        audit=build_upkeep.audit(store, world),
        messages=message_cases.messages(settings, store, world, parts.audit, news),
        access=build_access.access(store, world, parts),
        people=build_access.people(store, world, parts),
        accounts=build_accounts.accounts(store, world, parts, steps),
        sessions=build_accounts.sessions(store, world, parts, steps),
        oauth=build_oauth.oauth(store, world, parts, steps),
        profile=build_accounts.profile(store, world, steps),
        passkeys=build_passkeys.passkeys(store, world, parts, steps),
        privacy=build_privacy.privacy(store, world, parts, steps),
        reports=reports,
        webhooks=webhooks,
        account_upkeep=account_upkeep,
        upkeep=upkeep,
        read_events=ReadEvents(stream=stream_of(world)),
        answer_once=AnswerOnce(claims=store.claims, unit_of_work=store.unit_of_work, ids=world.ids, clock=world.clock),
        work_jobs=WorkJobs(
            queue=store.queue,
            do_jobs=DoJobs(handlers=doing, clock=world.clock, chance=world.chance, report=unfailing(report)),
            clock=world.clock,
            ids=world.ids,
            paces=paces(settings.job_rates, doing, world.mailer),
        ),
        enqueue_scheduled=EnqueueScheduled(
            schedules=SCHEDULES, ticks=store.ticks, jobs=store.jobs, unit_of_work=store.unit_of_work, clock=world.clock
        ),
    )


class Container(containers.DeclarativeContainer):
    """One shop. `settings` and `report` are given, `store` and `world` may be overridden, the rest follows."""

    settings = providers.Dependency(instance_of=Settings)
    report: providers.Dependency[Any] = providers.Dependency()
    keys = providers.Singleton(keys_of, settings)
    bank = providers.Resource(open_bogus_bank, settings, keys)
    shared = providers.Resource(open_shared, settings, keys)
    stripe = providers.Resource(open_stripe, settings)
    mailer = providers.Resource(open_mailer, settings)
    webhook_sender = providers.Resource(open_webhook_sender, settings)
    world = providers.Singleton(build_world, settings, keys, bank, mailer, webhook_sender, shared, stripe)
    store = providers.Resource(open_store, settings, world)
    shared_store = providers.Singleton(share, store, shared)
    use_cases = providers.Singleton(build_use_cases, settings, shared_store, world, report)


def unfailing(report: Report) -> Report:
    """The same, whatever it raises: it is somebody else's, and jobs go on without it."""

    def told(job: Job, error: Exception) -> None:
        try:
            report(job, error)
        except Exception as its_own:  # noqa: BLE001 - see above
            _log.error("report_failed", job=job.id, kind=job.kind, exception=traceback_of(its_own))

    return told


@asynccontextmanager
async def running(container: Container) -> AsyncGenerator[tuple[UseCases, Store, World, BogusBank]]:
    """Open what the use cases reach, and close it again. (`init_resources` would open what nobody needs.)"""
    try:
        yield (
            await resolve(container.use_cases),
            await resolve(container.shared_store),
            await resolve(container.world),
            await resolve(container.bank),
        )
    finally:
        closing: Any = container.shutdown_resources()
        if inspect.isawaitable(closing):
            await closing


async def resolve(provider: providers.Provider[T]) -> T:
    """What a provider gives; above an async resource that is a future, although its type does not say so."""
    given: Any = provider()
    return cast("T", await given if inspect.isawaitable(given) else given)
