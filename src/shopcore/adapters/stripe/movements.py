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
from shopcore.payments.model import Movement, MovementKind

_PAGE = 100
_KINDS: Mapping[str, MovementKind] = MappingProxyType(
    {
        "charge": MovementKind.CHARGE,
        "payment": MovementKind.CHARGE,
        "refund": MovementKind.REFUND,
        "payment_refund": MovementKind.REFUND,
        "refund_failure": MovementKind.REFUND_RETURNED,
        "payment_failure_refund": MovementKind.REFUND_RETURNED,
    }
)
_DONE = {"succeeded": True, "failed": False, "canceled": False}


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


class _Page(msgspec.Struct, frozen=True):
    data: Sequence[_Transaction]
    has_more: bool


_page = msgspec.json.Decoder(_Page)
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
            try:
                answer = await self.link.ask(lambda client: client.v1.balance_transactions.list_async(asked))
            except (Refused, Broken) as error:
                raise GatewayUnavailable(NAME) from error
            page = _page.decode(answer.body)
            for each in page.data:
                movement = await self._movement(each)
                if movement is not None and since <= movement.at < until:
                    yield movement
            if not page.has_more:
                return
            asked["starting_after"] = page.data[-1].id

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
            done=_DONE.get(source.status or "") if source.object == "refund" else True,
        )

    async def _marks_of(self, source: _Source) -> Mapping[str, str]:
        """A charge has those of its intent; of a refund or dispute the intent is asked for."""
        name = source.payment_intent
        if name is None:
            return {}
        if source.object == "charge":
            self._marks[name] = source.metadata or {}
        if name not in self._marks:
            try:
                answer = await self.link.ask(lambda client: client.v1.payment_intents.retrieve_async(name))
            except (Refused, Broken) as error:
                raise GatewayUnavailable(NAME) from error
            self._marks[name] = _intent.decode(answer.body).metadata
        return self._marks[name]


def _kind(one: _Transaction) -> MovementKind | None:
    if one.type == "adjustment" and isinstance(one.source, _Source) and one.source.object == "dispute":
        return MovementKind.DISPUTE if one.amount < 0 else MovementKind.DISPUTE_RETURNED
    return _KINDS.get(one.type)
