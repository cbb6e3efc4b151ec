"""Show which apps a customer lets do something."""

from collections.abc import Sequence
from dataclasses import dataclass

from shopcore.delegation.model import AppOfMine, described
from shopcore.kernel.actor import Actor, signed_in
from shopcore.oauth.model.consents import in_force
from shopcore.oauth.ports import Clients, Consents


@dataclass(frozen=True, kw_only=True, slots=True)
class ListApps:
    """Those that are registered still, by their ids."""

    clients: Clients
    consents: Consents

    async def __call__(self, actor: Actor) -> Sequence[AppOfMine]:
        """A customer may, in person, for themselves."""
        given = await self.consents.of_customer(signed_in(actor).customer_id)
        clients = [await self.clients.get(consent.client_id) for consent in given]
        return [
            AppOfMine(
                client_id=client.id,
                name=client.name,
                scopes=described(consent.scopes),
                given_at=consent.given_at,
                asks_again=in_force(consent, client) is None,
            )
            for consent, client in zip(given, clients, strict=True)
            if client.removed_at is None
        ]
