"""What becomes of the integrations of somebody who leaves."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from shopcore.kernel.actor import Actor, person_in
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import CustomerId
from shopcore.oauth.model import Client
from shopcore.oauth.model.clients import hand_over, remove
from shopcore.oauth.ports import Clients, Consents


@dataclass(frozen=True, kw_only=True, slots=True)
class EndClients:
    """Ends the integrations that somebody answers for, in the transaction in progress, or hands them over.

    Apps that act for people do what each person lets them, and nothing by who registered them: they stay, unless it is
    said that they end too.
    """

    clients: Clients
    audit: Audit
    clock: Clock

    async def __call__(
        self, actor: Actor, customer_id: CustomerId, heir: str | None = None, held: Collection[str] = ()
    ) -> Sequence[Client]:
        """Those that acted for themselves until now; `heir` answers for them from now on, None ends them.

        With an heir they keep what of theirs is in `held`: what whoever leaves might still do.
        """
        now = self.clock.now()
        theirs = [client for client in await self._theirs(customer_id) if not client.acts_for_people]
        return [await self._end(actor, client, heir, held, now) for client in theirs]

    async def apps(self, actor: Actor, customer_id: CustomerId, *, end: bool) -> Sequence[Client]:
        """Those that act for people, as they are now. Whoever goes may know the secrets, and have the codes still."""
        now = self.clock.now()
        theirs = [client for client in await self._theirs(customer_id) if client.acts_for_people]
        return [await self._end(actor, client, None, (), now) for client in theirs] if end else theirs

    async def _theirs(self, customer_id: CustomerId) -> Sequence[Client]:
        return [
            client
            for client in await self.clients.everything()
            if person_in(client.created_by) == customer_id and client.removed_at is None
        ]

    async def _end(
        self, actor: Actor, client: Client, heir: str | None, held: Collection[str], now: datetime
    ) -> Client:
        change = partial(remove, now=now) if heir is None else partial(hand_over, to=heir, held=held, now=now)
        changed = await self.clients.change(client.id, change)
        is_over = changed.removed_at is not None
        was, is_now = ({"removed": "no"}, {"removed": "yes"}) if is_over else (_handed(client), _handed(changed))
        action, subject = f"oauth_client.{'remove' if is_over else 'hand_over'}", f"oauth_client:{client.id}"
        await self.audit.record(actor, action, subject, before=was, after=is_now)
        return changed


def _handed(client: Client) -> dict[str, str]:
    return {"created_by": client.created_by, "scopes": " ".join(client.scopes)}


@dataclass(frozen=True, kw_only=True, slots=True)
class ForgetApps:
    """Forgets what a customer who goes lets apps do, and ends the integrations of their making."""

    consents: Consents
    end_clients: EndClients

    async def __call__(self, actor: Actor, customer_id: CustomerId) -> None:
        """In the transaction in progress."""
        await self.consents.remove_all(customer_id)
        await self.end_clients(actor, customer_id)
