"""Register an app or an integration."""

from collections.abc import Sequence
from dataclasses import dataclass

from shopcore.access.model.permissions import require_all
from shopcore.delegation.model import FOR_CLIENTS
from shopcore.kernel.actor import Actor, name_of, permit, require_step_up
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import Ids
from shopcore.kernel.sealing import token_hash
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.oauth.model import Client
from shopcore.oauth.model.clients import SECRET_PREFIX, checked_client
from shopcore.oauth.ports import Clients


@dataclass(frozen=True, kw_only=True, slots=True)
class AddClient:
    """With redirect addresses it acts for people, without for itself. A secret is told once; public ones have none."""

    clients: Clients
    audit: Audit
    unit_of_work: UnitOfWork
    ids: Ids
    clock: Clock

    async def __call__(
        self,
        actor: Actor,
        *,
        name: str,
        scopes: Sequence[str],
        redirect_uris: Sequence[str] = (),
        public: bool = False,
    ) -> tuple[Client, str | None]:
        """Staff with `oauth_clients:write` who have signed in lately and have what they give.

        Raises `StepUpRequired`, `InvalidInput` or `CannotGrant`.
        """
        permit(actor, "oauth_clients:write")
        now = self.clock.now()
        require_step_up(actor, now)
        secret = None if public else f"{SECRET_PREFIX}{self.ids.secret()}"
        client = Client(
            id=self.ids.new(),
            name=name,
            scopes=tuple(scopes),
            created_at=now,
            created_by=name_of(actor),
            redirect_uris=tuple(redirect_uris),
            digest=None if secret is None else token_hash(secret),
        )
        checked = checked_client(client, FOR_CLIENTS.keys())
        require_all(actor, [scope for scope in checked.scopes if scope in FOR_CLIENTS])

        async def work() -> None:
            await self.clients.add(checked)
            await self.audit.record(
                actor,
                "oauth_client.add",
                f"oauth_client:{checked.id}",
                before={},
                after={"scopes": " ".join(checked.scopes), "redirect_uris": " ".join(checked.redirect_uris)},
            )

        await self.unit_of_work(work)
        return checked, secret
