"""Take in what a mail provider says of a mail that it had taken."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shopcore.kernel.actor import Actor
from shopcore.kernel.address import EmailAddresses
from shopcore.kernel.clock import Clock
from shopcore.kernel.sealing import Sealer
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.messages.model import RECIPIENT
from shopcore.messages.ports import TroubledAddresses
from shopcore.notifications.errors import UnknownProvider
from shopcore.notifications.model.reports import read_report
from shopcore.payments.ports import GatewayEvent, Inbox

PROVIDER = "generic"


@dataclass(frozen=True, kw_only=True, slots=True)
class ReceiveDeliveryReport:
    """Check the signature, keep the report once, and note the trouble in the same transaction.

    The inbox keeps that a report came, and no address.
    """

    secrets: Sequence[str]
    inbox: Inbox
    addresses: TroubledAddresses
    emails: EmailAddresses
    sealer: Sealer
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, _actor: Actor, *, provider: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Anybody may call; the signature decides. Raises `UnknownProvider`, `UnsignedReport`, `InvalidInput`."""
        if provider != PROVIDER or not self.secrets:
            raise UnknownProvider
        now = self.clock.now()
        report = read_report(body, headers, self.secrets, now)
        if report is None:
            return
        address = self.emails.normal(report.recipient, "recipient")
        address_id = self.sealer.blind_index(address, RECIPIENT)
        event = GatewayEvent(gateway=f"mail/{provider}", event_id=report.event_id, type=report.trouble.value)

        async def work() -> None:
            if await self.inbox.store(event, now):
                await self.addresses.note(address_id, report.trouble, now)

        await self.unit_of_work(work)
