"""One report over all gateways."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shopcore.aftersales.model import PaymentsReport
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.errors import InvalidInput
from shopcore.kernel.instants import require_countable
from shopcore.kernel.paging import DEFAULT_LIMIT, decode_cursor, encode_cursor, list_name
from shopcore.kernel.sealing import Signer
from shopcore.payments.model import PaymentState
from shopcore.payments.ports import PaymentFilter, PaymentList

LONGEST = timedelta(days=366)  # every payment of the span is summed up
_USUAL = timedelta(days=30)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportPayments:
    """The payments of a span of time, newest first, and their sums by gateway, state and currency."""

    payment_list: PaymentList
    signer: Signer
    clock: Clock

    async def __call__(
        self,
        actor: Actor,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        gateway: str | None = None,
        state: PaymentState | None = None,
        limit: int = DEFAULT_LIMIT,
        cursor: str | None = None,
    ) -> PaymentsReport:
        """Staff with `payments:read`. From one second until another, or the last 30 days; the sums are those of the
        whole span.

        Raises `InvalidInput` for a span that is none, or longer than a year, and `InvalidCursor`.
        """
        permit(actor, "payments:read")
        require_countable(since=since, until=until)
        ends = _whole(until or self.clock.now() + _SECOND)
        begins = _whole(since or ends - _USUAL)
        if not timedelta(0) < ends - begins <= LONGEST:
            raise InvalidInput.of("until", "out_of_range", "must be after since, and at most 366 days after it")
        wanted = PaymentFilter(since=begins, until=ends, gateway=gateway, state=state)
        # A cursor is of the list that was asked for; where no end was named, the list goes on from where it was.
        asked = PaymentFilter(since=since or _EVER, until=until or _EVER, gateway=gateway, state=state)
        name = list_name("payments", asked)
        found = await self.payment_list.page(wanted, decode_cursor(self.signer, name, cursor), limit)
        return PaymentsReport(
            since=begins,
            until=ends,
            payments=tuple(found.items),
            totals=tuple(await self.payment_list.totals(wanted)),
            next_cursor=encode_cursor(self.signer, name, found.next_position),
        )


def _whole(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(microsecond=0)


_EVER = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
