"""The jobs that forget what is over."""

from collections.abc import Mapping
from datetime import timedelta

from shopcore.container.cases import Upkeep
from shopcore.jobs.model import Schedule
from shopcore.jobs.steps.do_jobs import Handlers
from shopcore.kernel.actor import System

SCHEDULES = (
    Schedule(kind="forget_expired_carts", every=timedelta(hours=1)),
    Schedule(kind="forget_old_claims", every=timedelta(hours=1)),
    Schedule(kind="forget_done_jobs", every=timedelta(hours=1)),
    Schedule(kind="forget_gateway_events", every=timedelta(hours=1)),
)


def handlers(upkeep: Upkeep) -> Handlers:
    """The use case behind each kind of job, with the shop itself as the actor."""

    async def forget_expired_carts(_payload: Mapping[str, str]) -> None:
        await upkeep.forget_expired_carts(System(kind="forget_expired_carts"))

    async def forget_old_claims(_payload: Mapping[str, str]) -> None:
        await upkeep.forget_old_claims(System(kind="forget_old_claims"))

    async def forget_done_jobs(_payload: Mapping[str, str]) -> None:
        await upkeep.forget_done_jobs(System(kind="forget_done_jobs"))

    async def forget_gateway_events(_payload: Mapping[str, str]) -> None:
        await upkeep.forget_webhooks(System(kind="forget_gateway_events"))

    return {
        "forget_expired_carts": forget_expired_carts,
        "forget_old_claims": forget_old_claims,
        "forget_done_jobs": forget_done_jobs,
        "forget_gateway_events": forget_gateway_events,
    }
