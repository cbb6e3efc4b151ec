"""Change where people go back to from an app."""

from collections.abc import Sequence
from dataclasses import dataclass

from shopcore.access.model.permissions import require_all
from shopcore.delegation.model import FOR_CLIENTS
from shopcore.kernel.actor import Actor, permit, require_step_up
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.oauth.model import Client
from shopcore.oauth.model.clients import change_redirects
from shopcore.oauth.ports import Clients


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeRedirects:
    """From now on codes go to these addresses and to no other.

    With one that is new the customers are asked again: they agreed to somebody who was elsewhere. What sessions the app
    has of them stays.
    """

    clients: Clients
    audit: Audit
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, client_id: str, redirect_uris: Sequence[str]) -> Client:
        """Staff with `oauth_clients:write` who have signed in lately and have what it has: codes give that.

        Raises `StepUpRequired`, `ClientNotFound`, `CannotGrant`, `InvalidInput`, `NoRedirects` for one that acts for
        itself.
        """
        permit(actor, "oauth_clients:write")
        require_step_up(actor, self.clock.now())
        before: dict[str, str] = {}

        def change(held: Client) -> Client:
            nonlocal before
            before = _said(held)
            return change_redirects(held, redirect_uris)

        async def work() -> Client:
            client = await self.clients.change(client_id, change)
            require_all(actor, [scope for scope in client.scopes if scope in FOR_CLIENTS])
            subject = f"oauth_client:{client_id}"
            await self.audit.record(actor, "oauth_client.change_redirects", subject, before=before, after=_said(client))
            return client

        return await self.unit_of_work(work)


def _said(client: Client) -> dict[str, str]:
    return {"redirect_uris": " ".join(client.redirect_uris), "edition": str(client.edition)}
