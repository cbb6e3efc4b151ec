"""Revoke an API key."""

from dataclasses import dataclass

from shopcore.access.model.api_keys import revoke
from shopcore.access.ports import ApiKeys
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class RevokeApiKey:
    """It is good no more from the next request on. What it did stays in the log under its id."""

    api_keys: ApiKeys
    audit: Audit
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, key_id: str) -> None:
        """Staff with `api_keys:write`. Raises `ApiKeyNotFound`, also for one that is revoked."""
        permit(actor, "api_keys:write")
        now = self.clock.now()

        async def work() -> None:
            await self.api_keys.change(key_id, lambda key: revoke(key, now))
            was, is_now = {"revoked": "no"}, {"revoked": "yes"}
            await self.audit.record(actor, "api_key.revoke", f"api_key:{key_id}", before=was, after=is_now)

        await self.unit_of_work(work)
