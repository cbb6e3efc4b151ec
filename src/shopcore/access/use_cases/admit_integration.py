"""From an API key to the integration that holds it."""

from dataclasses import dataclass

import msgspec

from shopcore.access.errors import ApiKeyNotFound, InvalidApiKey, MemberNotFound
from shopcore.access.model.api_keys import admitted, is_worth_noting, note_use
from shopcore.access.ports import ApiKeys
from shopcore.access.steps import HeldNow
from shopcore.kernel.actor import Actor, Integration
from shopcore.kernel.clock import Clock
from shopcore.kernel.sealing import token_hash
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class AdmitIntegration:
    """Whoever shows a key that is good comes in with its permissions: those that its maker holds at this moment."""

    api_keys: ApiKeys
    held_now: HeldNow
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, _actor: Actor, *, secret: str) -> Integration:
        """Anybody may try.

        Raises `InvalidApiKey` for one that is unknown, revoked, expired, or of nobody on the staff.
        """
        now = self.clock.now()
        try:
            key = await self.api_keys.by_digest(token_hash(secret))
        except ApiKeyNotFound:
            raise InvalidApiKey from None
        integration = admitted(key, now)
        try:
            permissions = await self.held_now.cut(key.created_by, integration.permissions)
        except MemberNotFound:
            raise InvalidApiKey from None
        if is_worth_noting(key, now):
            await self.unit_of_work(lambda: self.api_keys.change(key.id, lambda there: note_use(there, now)))
        return msgspec.structs.replace(integration, permissions=permissions)
