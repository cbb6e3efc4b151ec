"""What acts on payments share: one gateway compared with the books."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from shopcore.kernel.ids import PaymentId
from shopcore.payments.errors import PaymentNotFound
from shopcore.payments.model import (
    GRACE,
    Books,
    Difference,
    JournalEntry,
    Matching,
    Movement,
    Payment,
    differences,
    match,
)
from shopcore.payments.ports import Ledger, PaymentGateway, Payments


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """What was found at one gateway, and the payments that it is about."""

    books: Books
    matching: Matching
    differences: Sequence[Difference]
    count: int
    payments: Mapping[PaymentId, Payment]


@dataclass(frozen=True, kw_only=True, slots=True)
class CompareWithGateway:
    """Lists both sides over a window, and looks for whatever has nobody there also outside of it.

    The two sides do not know of a thing at the same moment. So what is not found is looked for: on our side in all that
    was ever posted for its order, on theirs since its payment was made, for before that no money can have moved.
    """

    ledger: Ledger
    payments: Payments

    async def __call__(self, gateway: PaymentGateway, since: datetime, until: datetime) -> Compared:
        """What differs of that which arose from `since` to before `until`. Raises `GatewayUnavailable`."""
        theirs = [each async for each in gateway.movements(since - GRACE, until + GRACE)]
        ours = list(await self.ledger.entries_at(gateway.name, since - GRACE, until + 2 * GRACE))
        first = match(theirs, Books(gateway=gateway.name, entries=ours))
        names = first.lone_payments
        known = {payment_id: payment async for payment_id, payment in self._known(names)}
        theirs = [_disowned(each) if each.payment_id in names - known.keys() else each for each in theirs]
        ours += await self._posted_besides(ours, known.values())
        made_at = [known[one.payment_id].created_at for one in first.lone_entries if one.payment_id in known]
        if made_at and min(made_at) < since:
            theirs += [each async for each in gateway.movements(min(made_at) - GRACE, since - GRACE)]
        books = Books(gateway=gateway.name, entries=ours)
        matching = match(theirs, books)
        return Compared(
            books=books,
            matching=matching,
            differences=differences(matching, books, since, until),
            count=sum(since <= movement.at < until for movement in theirs),
            payments=known,
        )

    async def _known(self, names: Iterable[PaymentId]) -> AsyncIterator[tuple[PaymentId, Payment]]:
        for name in sorted(names):
            try:
                payment = await self.payments.get(name)
            except PaymentNotFound:
                continue
            yield name, payment

    async def _posted_besides(
        self, ours: Sequence[JournalEntry], payments: Iterable[Payment]
    ) -> Sequence[JournalEntry]:
        there, besides = {one.key for one in ours}, list[JournalEntry]()
        for order_id in sorted({payment.order_id for payment in payments}):
            besides += [one for one in await self.ledger.entries_of(order_id) if one.key not in there]
        return besides


def _disowned(movement: Movement) -> Movement:
    """One that carries the mark of a payment which this shop does not have: another shop's, or lost."""
    return msgspec.structs.replace(movement, payment_id=None, attempt=None)
