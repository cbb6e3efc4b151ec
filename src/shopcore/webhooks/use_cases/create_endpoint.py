"""Tell another system of the merchant's what happens."""

from collections.abc import Sequence
from dataclasses import dataclass

from shopcore.kernel.actor import Actor, permit, require_step_up
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import Ids
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.webhooks.errors import EndpointThere, TooManyEndpoints
from shopcore.webhooks.model import MOST_ENDPOINTS, Endpoint, Secret
from shopcore.webhooks.model.endpoints import at_url, host_of, require_valid, secret_of
from shopcore.webhooks.ports import Endpoints


@dataclass(frozen=True, kw_only=True, slots=True)
class CreateEndpoint:
    """An address that is sent every event of some types, signed with a secret of its own. The secret is told once.

    Every process of the shop knows of it within a second; of an order that changes after that, all is told.
    """

    endpoints: Endpoints
    audit: Audit
    unit_of_work: UnitOfWork
    ids: Ids
    clock: Clock
    may_be_plain: bool = False
    """Whether http:// will do, as within a network of the merchant's own."""

    async def __call__(
        self, actor: Actor, *, url: str, events: Sequence[str] = (), description: str = ""
    ) -> tuple[Endpoint, str]:
        """Staff with `webhooks:write` who have signed in lately. Answers the endpoint and its secret.

        Raises `StepUpRequired`, `InvalidInput`, `EndpointThere` or `TooManyEndpoints`.
        """
        permit(actor, "webhooks:write")
        now = self.clock.now()
        require_step_up(actor, now)
        require_valid(url, events, description, may_be_plain=self.may_be_plain)
        secret = secret_of(self.ids.secret())
        endpoint = Endpoint(
            id=self.ids.new(),
            url=url,
            created_at=now,
            secrets=(Secret(key=secret),),
            events=tuple(dict.fromkeys(events)),
            description=description,
        )

        async def work() -> None:
            await self.endpoints.settle_among()
            there = await self.endpoints.everything()
            if (same := at_url(there, url)) is not None:
                raise EndpointThere(same.id)
            if len(there) >= MOST_ENDPOINTS:
                raise TooManyEndpoints(MOST_ENDPOINTS)
            await self.endpoints.add(endpoint)
            after = {"host": host_of(url), "events": " ".join(endpoint.events) or "all"}
            await self.audit.record(
                actor, "webhook_endpoint.create", f"webhook_endpoint:{endpoint.id}", before={}, after=after
            )

        await self.unit_of_work(work)
        return endpoint, secret
