"""The jobs by which other systems are told."""

from collections.abc import Mapping
from datetime import timedelta

from shopcore.container.webhook_cases import WebhookCases
from shopcore.jobs.model import Schedule
from shopcore.jobs.steps.do_jobs import Handlers
from shopcore.kernel.actor import System
from shopcore.kernel.ids import OrderId

SCHEDULES = (Schedule(kind="forget_webhooks", every=timedelta(hours=1)),)


def handlers(webhooks: WebhookCases) -> Handlers:
    """The use case behind each kind of job, with the shop itself as the actor."""

    async def announce_order(payload: Mapping[str, str]) -> None:
        await webhooks.announce_order(System(kind="announce_order"), order_id=OrderId(payload["order_id"]))

    async def deliver_webhook(payload: Mapping[str, str]) -> None:
        await webhooks.deliver(System(kind="deliver_webhook"), **payload)

    async def continue_replay(payload: Mapping[str, str]) -> None:
        await webhooks.continue_replay(System(kind="continue_replay"), **payload)

    async def forget_webhooks(_payload: Mapping[str, str]) -> None:
        await webhooks.forget(System(kind="forget_webhooks"))

    return {
        "announce_order": announce_order,
        "deliver_webhook": deliver_webhook,
        "continue_replay": continue_replay,
        "forget_webhooks": forget_webhooks,
    }
