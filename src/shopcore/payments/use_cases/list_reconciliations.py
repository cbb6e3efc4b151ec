"""See when gateways were compared with the books, and what was found."""

from dataclasses import dataclass

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.paging import DEFAULT_LIMIT, Page, decode_cursor, encode_cursor, list_name
from shopcore.kernel.sealing import Signer
from shopcore.payments.model import Reconciliation, seen_now
from shopcore.payments.ports import Reconciliations


@dataclass(frozen=True, kw_only=True, slots=True)
class ListReconciliations:
    """The newest first, and what was left since of what they found."""

    reconciliations: Reconciliations
    signer: Signer

    async def __call__(
        self, actor: Actor, *, limit: int = DEFAULT_LIMIT, cursor: str | None = None
    ) -> Page[Reconciliation]:
        """Staff with `payments:read`. Raises `InvalidCursor` for a cursor of another list."""
        permit(actor, "payments:read")
        name = list_name("reconciliations")
        found = await self.reconciliations.page(decode_cursor(self.signer, name, cursor), limit)
        standing = await self.reconciliations.standing()
        items = [seen_now(run, standing) for run in found.items]
        return Page(items=items, next_cursor=encode_cursor(self.signer, name, found.next_position))
