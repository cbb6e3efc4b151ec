"""What apps and integrations need from a store. Nothing in it is personal: ids, scopes and addresses of programs."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from shopcore.kernel.ids import CustomerId
from shopcore.oauth.model import Client, Consent, Grant


class Clients(Protocol):
    """Clients, removed ones too: the audit log refers to them. They are few, so lists are read whole."""

    async def add(self, client: Client) -> None:
        """Keep a new one."""
        ...

    async def get(self, client_id: str) -> Client:
        """Removed or not. Raises `ClientNotFound`. Read for every request of an app."""
        ...

    async def everything(self) -> Sequence[Client]:
        """All of them, oldest first (by id)."""
        ...

    async def change(self, client_id: str, change: Callable[[Client], Client]) -> Client:
        """Apply a transition to what is stored, atomically, and return the outcome. Raises `ClientNotFound`."""
        ...


class Grants(Protocol):
    """Codes and tokens that were given, by id."""

    async def add(self, grant: Grant) -> None:
        """Keep a new one."""
        ...

    async def get(self, grant_id: str) -> Grant:
        """Good or not. Raises `GrantNotFound`."""
        ...

    async def update(self, grant_id: str, change: Callable[[Grant], Grant]) -> Grant:
        """Replace the grant by what `change` makes of it, atomically, and count its version up.

        Raises `GrantNotFound`, or whatever `change` raises; then nothing changed. Of two concurrent updates the second
        MUST see what the first wrote: else one code could be used twice. A `change` that returns an equal grant is a
        no-op.
        """
        ...

    async def remove_expired(self, before: datetime, limit: int) -> int:
        """Forget at most so many whose time was over then; answers how many that were."""
        ...


class Consents(Protocol):
    """What customers let apps do."""

    async def put(self, consent: Consent) -> None:
        """Add it, or replace the one of its customer and client."""
        ...

    async def find(self, customer_id: CustomerId, client_id: str) -> Consent | None:
        """None where the customer was never asked, or has withdrawn it."""
        ...

    async def of_customer(self, customer_id: CustomerId) -> Sequence[Consent]:
        """All of a customer's, by client."""
        ...

    async def remove(self, customer_id: CustomerId, client_id: str) -> None:
        """Raises `ConsentNotFound`."""
        ...

    async def remove_all(self, customer_id: CustomerId) -> None:
        """Forget all of a customer's. A no-op where there are none."""
        ...
