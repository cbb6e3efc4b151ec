"""Give an app or integration another secret."""

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
from shopcore.oauth.model.clients import SECRET_PREFIX, renew_secret
from shopcore.oauth.ports import Clients


@dataclass(frozen=True, kw_only=True, slots=True)
class RenewSecret:
    """For one that has leaked: it is good no more from now on. What sessions an app has of customers stays.

    Customers are asked again, unless it is for whoever answers for the client: somebody else did not act in their name.
    """

    clients: Clients
    audit: Audit
    unit_of_work: UnitOfWork
    ids: Ids
    clock: Clock

    async def __call__(self, actor: Actor, *, client_id: str) -> str:
        """Staff with `oauth_clients:write` who have signed in lately and have what it has: the secret gives all of it.

        Answers the secret, this once. Raises `StepUpRequired`, `ClientNotFound`, `CannotGrant`, `NoSecret` for a public
        client.
        """
        permit(actor, "oauth_clients:write")
        require_step_up(actor, self.clock.now())
        secret = f"{SECRET_PREFIX}{self.ids.secret()}"

        before: dict[str, str] = {}

        def change(held: Client) -> Client:
            nonlocal before
            before = {"edition": str(held.edition)}
            return renew_secret(held, token_hash(secret), name_of(actor))

        async def work() -> None:
            client = await self.clients.change(client_id, change)
            require_all(actor, [scope for scope in client.scopes if scope in FOR_CLIENTS])
            subject, is_now = f"oauth_client:{client_id}", {"edition": str(client.edition)}
            await self.audit.record(actor, "oauth_client.renew_secret", subject, before=before, after=is_now)

        await self.unit_of_work(work)
        return secret
