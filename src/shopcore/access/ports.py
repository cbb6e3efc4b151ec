"""What access needs from a store. All of it is small: some roles, a staff, a few keys; so each is read whole."""

from collections.abc import Callable, Sequence
from typing import Protocol

from shopcore.access.model import ApiKey, Member, Role
from shopcore.kernel.ids import CustomerId


class Roles(Protocol):
    """The shop's own roles; those that every shop has are not stored."""

    async def everything(self) -> Sequence[Role]:
        """All of them, by name."""
        ...

    async def put(self, role: Role) -> None:
        """Add it, or replace the one of its name."""
        ...

    async def remove(self, name: str) -> None:
        """Raises `RoleNotFound`."""
        ...


class Members(Protocol):
    """Who works for the shop."""

    async def get(self, customer_id: CustomerId) -> Member:
        """Raises `MemberNotFound`. Read for every request of staff."""
        ...

    async def everything(self) -> Sequence[Member]:
        """All of them, the longest-serving first (by `added_at`, then id).

        Of two units that read everything and then write, MUST let the second one see what the first one wrote: else
        two owners could remove each other at the same moment.
        """
        ...

    async def put(self, member: Member) -> None:
        """Add them, or replace the one of their id."""
        ...

    async def remove(self, customer_id: CustomerId) -> None:
        """Raises `MemberNotFound`."""
        ...


class Lendings(Protocol):
    """What people let apps do in their name."""

    async def keep_only(self, customer_id: CustomerId, permissions: frozenset[str]) -> None:
        """Take from all of somebody's apps the permissions that are not among these, in the transaction in progress.

        What is their own as a customer stays. `EVERYTHING` takes nothing.
        """
        ...


class ApiKeys(Protocol):
    """Keys of other systems, revoked ones too: the audit log refers to them."""

    async def add(self, key: ApiKey) -> None:
        """Keep a new one."""
        ...

    async def by_digest(self, digest: str) -> ApiKey:
        """The key with that hash. Raises `ApiKeyNotFound`. Read for every request of an integration."""
        ...

    async def everything(self) -> Sequence[ApiKey]:
        """All of them, oldest first."""
        ...

    async def change(self, key_id: str, change: Callable[[ApiKey], ApiKey]) -> ApiKey:
        """Apply a transition to what is stored, atomically, and return the outcome. Raises `ApiKeyNotFound`."""
        ...
