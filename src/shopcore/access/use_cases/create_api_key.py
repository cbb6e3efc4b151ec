"""Make an API key."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from shopcore.access.model import PREFIX, ApiKey
from shopcore.access.model.api_keys import require_valid
from shopcore.access.model.permissions import require_all
from shopcore.access.ports import ApiKeys
from shopcore.kernel.actor import Actor, name_of, permit, require_step_up
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import Ids
from shopcore.kernel.sealing import token_hash
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class CreateApiKey:
    """For another system, with some of the permissions of whoever makes it. The secret is told once."""

    api_keys: ApiKeys
    audit: Audit
    unit_of_work: UnitOfWork
    ids: Ids
    clock: Clock

    async def __call__(
        self, actor: Actor, *, name: str, permissions: Sequence[str], expires_in_days: int | None = None
    ) -> tuple[ApiKey, str]:
        """Staff with `api_keys:write` who have signed in lately: a key is asked for nothing when it moves money.

        Answers the key and its secret. Raises `StepUpRequired`, `InvalidInput` or `CannotGrant`.
        """
        permit(actor, "api_keys:write")
        now = self.clock.now()
        require_step_up(actor, now)
        require_valid(name, permissions, expires_in_days)
        require_all(actor, permissions)
        secret = f"{PREFIX}{self.ids.secret()}"
        key = ApiKey(
            id=self.ids.new(),
            name=name.strip(),
            permissions=tuple(sorted(set(permissions))),
            digest=token_hash(secret),
            ending=secret[-4:],
            created_at=now,
            created_by=name_of(actor),
            expires_at=None if expires_in_days is None else now + timedelta(days=expires_in_days),
        )

        async def work() -> None:
            await self.api_keys.add(key)
            await self.audit.record(
                actor,
                "api_key.create",
                f"api_key:{key.id}",
                before={},
                after={"permissions": " ".join(key.permissions)},
            )

        await self.unit_of_work(work)
        return key, secret
