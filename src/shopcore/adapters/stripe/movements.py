"""What Stripe has moved: balance transactions, each with the charge, refund or dispute that it is of.

Source: Stripe's documentation, "Balance transaction types". Left out is what is no customer's money: payouts to the
bank, top-ups, fees that are not of one charge.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import msgspec

from shopcore.adapters.stripe.amounts import from_stripe
from shopcore.adapters.stripe.errors import Broken, Refused
from shopcore.adapters.stripe.link import NAME, Link
from shopcore.adapters.stripe.objects import Intent, mark_of
from shopcore.kernel.ids import RefundId
from shopcore.payments.errors import GatewayUnavailable
from shopcore.payments.model import DisputeState, Movement, MovementKind, Payment, attempt_of

_PAGE = 100
_KINDS: Mapping[str, MovementKind] = MappingProxyType(
    {
        "charge": MovementKind.CHARGE,
        "payment": MovementKind.CHARGE,
        "refund": MovementKind.REFUND,
        "payment_refund": MovementKind.REFUND,
        "refund_failure": MovementKind.REFUND_RETURNED,
    }
)
"""A debit is a `payment` from the day on which it is asked for. `payment_failure_refund` takes out one that has failed:
nothing was moved, as the charge says. Nor was anything where a part was captured, and the rest is listed as refunded.
"""
_DONE = {"succeeded": True, "failed": False, "canceled": False}
_DISPUTES = {"won": DisputeState.WON, "lost": DisputeState.LOST, "prevented": DisputeState.LOST}
_UNCAPTURED = "partial_capture_reversal"


class _Source(msgspec.Struct, frozen=True):
    """A charge, a refund or a dispute."""

    id: str
    object: str
    currency: str = ""
    amount: int = 0
    amount_captured: int | None = None
    payment_intent: str | None = None
    metadata: dict[str, str] | None = None
    status: str | None = None


class _Transaction(msgspec.Struct, frozen=True):
    id: str
    type: str
    amount: int
    created: int
    currency: str
    fee: int
    source: _Source | str | None = None
    reporting_category: str = ""


class _Moved(_Source, frozen=True):
    """A charge, a refund or a dispute, with what was booked of it."""

    balance_transaction: _Transaction | str | None = None
    failure_balance_transaction: _Transaction | str | None = None
    balance_transactions: tuple[_Transaction, ...] = ()

    @property
    def booked(self) -> Sequence[_Transaction]:
        """All of it, each once."""
        each = (self.balance_transaction, self.failure_balance_transaction, *self.balance_transactions)
        return tuple({one.id: one for one in each if isinstance(one, _Transaction)}.values())


class _MovedPage(msgspec.Struct, frozen=True):
    data: Sequence[_Moved]
    has_more: bool


class _Page(msgspec.Struct, frozen=True):
    data: Sequence[_Transaction]
    has_more: bool


_page = msgspec.json.Decoder(_Page)
_moved = msgspec.json.Decoder(_MovedPage)
_intent = msgspec.json.Decoder(Intent)


@dataclass(frozen=True, slots=True)
class StripeMovements:
    """One listing. Whose a refund or a dispute is, its intent tells; each intent is asked for once."""

    link: Link
    _marks: dict[str, Mapping[str, str]] = field(default_factory=dict)

    async def listed(self, since: datetime, until: datetime) -> AsyncIterator[Movement]:
        """See the port. Stripe's times are whole seconds: the ends are asked for with one more, and cut here."""
        created = {"gte": int(since.timestamp()), "lt": int(until.timestamp()) + 1}
        asked: Any = {"limit": _PAGE, "created": created, "expand": ["data.source"]}
        while True:
            page = _page.decode(await self._answer("/v1/balance_transactions", asked))
            for each in page.data:
                movement = await self._movement(each)
                if movement is not None and since <= movement.at < until:
                    yield movement
            if not page.has_more:
                return
            asked["starting_after"] = page.data[-1].id

    async def of(self, payment: Payment) -> Sequence[Movement]:
        """See the port: by the intents of its attempts."""
        tried = (attempt_of(payment, payment.attempt), *payment.earlier, *payment.charges)
        names = sorted({each.reference for each in tried if each.gateway == NAME and each.reference is not None})
        return [movement for name in names for movement in await self._of_intent(name)]

    async def _of_intent(self, name: str) -> Sequence[Movement]:
        asked: Any = {"payment_intent": name, "limit": _PAGE}
        charges: Any = {**asked, "expand": ["data.balance_transaction"]}
        refunds: Any = {**asked, "expand": ["data.balance_transaction", "data.failure_balance_transaction"]}
        found = [
            *await self._pages("/v1/charges", charges),
            *await self._pages("/v1/refunds", refunds),
            *await self._pages("/v1/disputes", asked),
        ]
        listed = [
            await self._movement(msgspec.structs.replace(one, source=each)) for each in found for one in each.booked
        ]
        return [movement for movement in listed if movement is not None]

    async def _pages(self, path: str, asked: Any) -> Sequence[_Moved]:
        found: list[_Moved] = []
        while True:
            page = _moved.decode(await self._answer(path, asked))
            found += page.data
            if not page.has_more:
                return found
            asked["starting_after"] = page.data[-1].id

    async def _answer(self, path: str, asked: Any) -> str:
        try:
            return await self.link.read(path, asked)
        except (Refused, Broken) as error:
            raise GatewayUnavailable(NAME) from error

    async def _movement(self, one: _Transaction) -> Movement | None:
        source = one.source
        kind = _kind(one)
        if kind is None or not isinstance(source, _Source):
            return None
        marks = await self._marks_of(source)
        payment_id, attempt = mark_of(marks)
        taken = source.amount if source.amount_captured is None else source.amount_captured
        refund_id = (source.metadata or {}).get("shop_refund") if source.object == "refund" else None
        return Movement(
            id=one.id,
            kind=kind,
            amount=from_stripe(taken, source.currency),
            fee=from_stripe(one.fee, one.currency),
            at=datetime.fromtimestamp(one.created, UTC),
            charge=source.payment_intent or source.id,
            subject=source.id,
            payment_id=payment_id,
            attempt=attempt,
            refund_id=None if refund_id is None else RefundId(refund_id),
            done=True if source.object == "dispute" else _DONE.get(source.status or ""),
            dispute=_DISPUTES.get(source.status or "", DisputeState.OPEN) if source.object == "dispute" else None,
        )

    async def _marks_of(self, source: _Source) -> Mapping[str, str]:
        """A charge has those of its intent, and so has a refund of the shop's; of another, or a dispute, the intent is
        asked for.
        """
        name = source.payment_intent
        if "shop_key" in (source.metadata or {}):
            return source.metadata or {}
        if name is None:
            return {}
        if source.object == "charge":
            self._marks[name] = source.metadata or {}
        if name not in self._marks:
            self._marks[name] = _intent.decode(await self._answer(f"/v1/payment_intents/{name}", {})).metadata
        return self._marks[name]


def _kind(one: _Transaction) -> MovementKind | None:
    if one.type == "adjustment" and isinstance(one.source, _Source) and one.source.object == "dispute":
        return MovementKind.DISPUTE if one.amount < 0 else MovementKind.DISPUTE_RETURNED
    return None if one.reporting_category == _UNCAPTURED else _KINDS.get(one.type)
