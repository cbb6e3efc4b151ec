"""What a shop knows of money, as shelves."""

from collections.abc import Sequence
from functools import partial

import msgspec

from shopcore.operations.ports import KeptOrder, Kind
from shopcore.operations.steps.keeper import Keeper
from shopcore.operations.steps.shelf import Shelf
from shopcore.payments.model import HandPayment, JournalEntry, Payment, Reconciliation, Standing, gateway_key


def money_shelves(store: Keeper) -> tuple[Shelf, ...]:
    """Orders must be there before."""
    return (
        Shelf("payments and ledger", partial(_money, store), partial(_put_money, store)),
        Shelf("reconciliations", partial(_runs, store), partial(_put_runs, store)),
        Shelf("open differences", partial(_standing, store), partial(_put_standing, store)),
    )


class KeptMoney(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an order's money."""

    payment: Payment | None
    entries: tuple[JournalEntry, ...]
    by_hand: tuple[HandPayment, ...]


async def _money(store: Keeper, after: str, limit: int) -> Sequence[tuple[str, KeptMoney]]:
    found = []
    for key, thing in await store.holdings.read(Kind.ORDERS, after, limit):
        assert isinstance(thing, KeptOrder), "that is what was asked for"
        payment = await store.payments.of_order(thing.order.id)
        entries = tuple(await store.ledger.entries_of(thing.order.id))
        by_hand = () if payment is None else await _by_hand(store, payment)
        found.append((key, KeptMoney(payment=payment, entries=entries, by_hand=by_hand)))
    return found


async def _by_hand(store: Keeper, payment: Payment) -> tuple[HandPayment, ...]:
    keys = [gateway_key(payment.id, number) for number in range(1, payment.attempt + 1)]
    return tuple(one for one in [await store.hand_payments.get(key) for key in keys] if one is not None)


async def _put_money(store: Keeper, things: Sequence[KeptMoney]) -> None:
    for money in things:
        if money.payment is not None:
            await store.payments.add(money.payment)
        for one in money.by_hand:
            await store.hand_payments.change(one.key, partial(_unless_there, one))
        await store.ledger.post(*money.entries)


def _unless_there(one: HandPayment, known: HandPayment | None) -> HandPayment:
    return known or one


async def _runs(store: Keeper, after: str, limit: int) -> Sequence[tuple[str, Reconciliation]]:
    page = await store.reconciliations.page((after,) if after else None, limit)
    return [(run.id, run) for run in page.items]


async def _put_runs(store: Keeper, things: Sequence[Reconciliation]) -> None:
    for run in things:
        await store.reconciliations.put(run)


async def _standing(store: Keeper, after: str, _limit: int) -> Sequence[tuple[str, Standing]]:
    standing = await store.reconciliations.standing()
    return [] if after or standing == Standing() else [("standing", standing)]


async def _put_standing(store: Keeper, things: Sequence[Standing]) -> None:
    for standing in things:
        await store.reconciliations.put_standing(standing)
