"""Let an address be written to again."""

from dataclasses import dataclass

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.address import EmailAddresses
from shopcore.kernel.audit import Audit
from shopcore.kernel.sealing import Sealer
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.messages.errors import AddressNotTroubled
from shopcore.messages.model import RECIPIENT
from shopcore.messages.ports import TroubledAddresses


@dataclass(frozen=True, kw_only=True, slots=True)
class LiftSuppression:
    """Forget what providers reported of it: its owner says that it works, or wants mail again."""

    addresses: TroubledAddresses
    emails: EmailAddresses
    sealer: Sealer
    audit: Audit
    unit_of_work: UnitOfWork

    async def __call__(self, actor: Actor, *, email: str) -> None:
        """Staff with `messages:write`. Raises `AddressNotTroubled`, `InvalidInput`."""
        permit(actor, "messages:write")
        ids = self.sealer.blind_indexes(self.emails.normal(email), RECIPIENT)

        async def work() -> None:
            known = await self.addresses.find(ids)
            if known is None:
                raise AddressNotTroubled
            await self.addresses.lift(ids)
            before = {"suppressed_by": known.suppressed_by or "", "delays": str(known.delays)}
            await self.audit.record(actor, "mail.lift_suppression", known.id, before=before, after={})

        await self.unit_of_work(work)
