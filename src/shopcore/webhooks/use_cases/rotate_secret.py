"""Give an endpoint a new secret."""

from dataclasses import dataclass

from shopcore.kernel.actor import Actor, permit, require_step_up
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import Ids
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.webhooks.model import Endpoint
from shopcore.webhooks.model.endpoints import rotated, secret_of
from shopcore.webhooks.ports import Endpoints


@dataclass(frozen=True, kw_only=True, slots=True)
class RotateSecret:
    """Both it and the one before sign for a day, so that no event is refused while the receiver changes."""

    endpoints: Endpoints
    audit: Audit
    unit_of_work: UnitOfWork
    ids: Ids
    clock: Clock

    async def __call__(self, actor: Actor, *, endpoint_id: str) -> tuple[Endpoint, str]:
        """Staff with `webhooks:write` who have signed in lately. Answers the endpoint and the secret, told once.

        Raises `StepUpRequired` or `EndpointNotFound`.
        """
        permit(actor, "webhooks:write")
        now = self.clock.now()
        require_step_up(actor, now)
        secret = secret_of(self.ids.secret())

        async def work() -> Endpoint:
            after = await self.endpoints.change(endpoint_id, lambda held: rotated(held, secret, now))
            await self.audit.record(
                actor, "webhook_endpoint.rotate_secret", f"webhook_endpoint:{endpoint_id}", before={}, after={}
            )
            return after

        return await self.unit_of_work(work), secret
