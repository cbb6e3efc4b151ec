"""Change what an endpoint is sent, and where; switch it off and on."""

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from shopcore.kernel.actor import Actor, permit, require_step_up
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.webhooks.errors import EndpointThere
from shopcore.webhooks.model import Endpoint
from shopcore.webhooks.model.endpoints import at_url, host_of, require_valid, switched_off, switched_on
from shopcore.webhooks.ports import Endpoints

_BY_STAFF = "staff switched it off"


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeEndpoint:
    """What is not said stays as it is. What waits for an endpoint that is switched off is given up; what it misses
    can be replayed once it is on again.
    """

    endpoints: Endpoints
    audit: Audit
    unit_of_work: UnitOfWork
    clock: Clock
    may_be_plain: bool = False

    async def __call__(
        self,
        actor: Actor,
        *,
        endpoint_id: str,
        url: str | None = None,
        events: Sequence[str] | None = None,
        description: str | None = None,
        is_on: bool | None = None,
    ) -> Endpoint:
        """Staff with `webhooks:write` who have signed in lately.

        Raises `StepUpRequired`, `EndpointNotFound`, `InvalidInput` or `EndpointThere`.
        """
        permit(actor, "webhooks:write")
        now = self.clock.now()
        require_step_up(actor, now)

        def change(held: Endpoint) -> Endpoint:
            new = replace(
                held,
                url=held.url if url is None else url,
                events=held.events if events is None else tuple(dict.fromkeys(events)),
                description=held.description if description is None else description,
            )
            require_valid(new.url, new.events, new.description, may_be_plain=self.may_be_plain)
            if is_on is None or is_on == held.is_on:
                return new
            return switched_on(new) if is_on else switched_off(new, _BY_STAFF, now)

        async def work() -> Endpoint:
            if url is not None:
                await self.endpoints.settle_among()
            before = await self.endpoints.get(endpoint_id)
            if url is not None and url != before.url:
                await self._require_new(url)
            after = await self.endpoints.change(endpoint_id, change)
            await self.audit.record(
                actor,
                "webhook_endpoint.change",
                f"webhook_endpoint:{endpoint_id}",
                before=_standing(before),
                after=_standing(after),
            )
            return after

        return await self.unit_of_work(work)

    async def _require_new(self, url: str) -> None:
        if (same := at_url(await self.endpoints.everything(), url)) is not None:
            raise EndpointThere(same.id)


def _standing(endpoint: Endpoint) -> dict[str, str]:
    is_on = {True: "yes", False: "no"}[endpoint.is_on]
    return {"host": host_of(endpoint.url), "events": " ".join(endpoint.events) or "all", "is_on": is_on}
