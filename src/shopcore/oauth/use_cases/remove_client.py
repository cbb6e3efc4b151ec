"""Remove an app or integration."""

from dataclasses import dataclass

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.oauth.model.clients import remove
from shopcore.oauth.ports import Clients


@dataclass(frozen=True, kw_only=True, slots=True)
class RemoveClient:
    """All its tokens are good no more from the next request on. What it did stays in the log under its id."""

    clients: Clients
    audit: Audit
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, client_id: str) -> None:
        """Staff with `oauth_clients:write`. Raises `ClientNotFound`, also for one that was removed."""
        permit(actor, "oauth_clients:write")
        now = self.clock.now()

        async def work() -> None:
            await self.clients.change(client_id, lambda held: remove(held, now))
            await self.audit.record(
                actor,
                "oauth_client.remove",
                f"oauth_client:{client_id}",
                before={"removed": "no"},
                after={"removed": "yes"},
            )

        await self.unit_of_work(work)
