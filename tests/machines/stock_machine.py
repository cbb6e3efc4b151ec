"""Stock under carts that come at the same moment: whatever they do, the figures explain each other."""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any, NamedTuple, TypeVar

import pytest
from hypothesis import Phase, Verbosity, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from shopcore.inventory.errors import OutOfStock, ReservationLapsed, StockItemNotFound, WouldOversell
from shopcore.inventory.model import (
    HOLD,
    MovementKind,
    Reservation,
    ReservationState,
    StockItem,
    StockLine,
    StockPolicy,
    hold,
)
from shopcore.inventory.ports import Levels, Reservations
from shopcore.kernel.ids import OrderId, Sku
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.testing.strategies.inventory import NOON, SKUS, skus, stock_lines

T = TypeVar("T")

_OPEN = {ReservationState.HELD, ReservationState.OWNED}
_REFUSALS = (OutOfStock, ReservationLapsed, WouldOversell)
_STEPS = ("claim", "claim late", "commit", "release", "let go")

SEARCH = settings(
    max_examples=500,
    stateful_step_count=10,
    phases=(Phase.generate,),
    database=None,
    deadline=None,
    verbosity=Verbosity.quiet,
)
"""Enough to find a planted bug."""


class Stock(NamedTuple):
    """The ports of one store."""

    unit_of_work: UnitOfWork
    levels: Levels
    reservations: Reservations


class Undone(Exception):
    """What a unit of work raises when its caller thinks better of it."""


class StockMachine(RuleBasedStateMachine):
    """Buyers and a merchant on one store. `shelf` is what the merchant counted; orders take from it."""

    def opened(self) -> AbstractAsyncContextManager[Stock]:
        """A new, empty store."""
        raise NotImplementedError

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.open = AsyncExitStack()
        stock = self.run(self.open.enter_async_context(self.opened()))
        self.unit_of_work, self.levels, self.reservations = stock
        self.shelf = dict.fromkeys(SKUS, 0)
        self.orders: list[OrderId] = []
        self.counts = 0

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Drive a coroutine from a rule."""
        return self.runner.run(work)

    def at_once(self, work: Sequence[Coroutine[Any, Any, object]]) -> None:
        """Run all at the same moment; each may be refused, none may fail otherwise."""

        async def gathered() -> list[object]:
            return await asyncio.gather(*work, return_exceptions=True)

        for answer in self.run(gathered()):
            if isinstance(answer, BaseException) and not isinstance(answer, _REFUSALS):
                raise answer

    def teardown(self) -> None:
        """Close the store and the loop."""
        self.run(self.open.aclose())
        self.runner.close()

    @initialize(on_hand=st.lists(st.integers(0, 12), min_size=4, max_size=4))
    def open_shop(self, on_hand: list[int]) -> None:
        """Two SKUs are counted strictly, one may be oversold, one has no level at all."""
        for sku, policy in ((SKUS[0], StockPolicy.DENY), (SKUS[1], StockPolicy.DENY), (SKUS[2], StockPolicy.CONTINUE)):
            self.run(self.levels.set_rules(sku, tracked=True, policy=policy))
            self.count(sku, on_hand[SKUS.index(sku)])

    @rule(carts=st.lists(stock_lines(), min_size=1, max_size=6))
    def reserve(self, carts: list[list[StockLine]]) -> None:
        """Carts check out at the same moment."""
        new = [OrderId(f"o{len(self.orders) + number}") for number in range(len(carts))]
        self.orders.extend(new)
        self.at_once(
            [
                self.reservations.reserve(hold(order_id, lines, NOON), NOON)
                for order_id, lines in zip(new, carts, strict=True)
            ]
        )

    @rule(data=st.data())
    def step(self, data: st.DataObject) -> None:
        """Orders take steps at the same moment, some of them the same order, in any order."""
        if not self.orders:
            return
        steps = st.lists(st.tuples(st.sampled_from(self.orders), st.sampled_from(_STEPS)), min_size=1, max_size=6)
        self.at_once([self._step(*one) for one in data.draw(steps)])

    @rule(data=st.data(), lines=stock_lines())
    def undo(self, data: st.DataObject, lines: list[StockLine]) -> None:
        """A unit of work takes steps, and is undone: a claim is, the others may stand, and the figures say so."""
        given_back = data.draw(st.sampled_from(self.orders)) if self.orders else OrderId("unknown")
        undone = OrderId(f"o{len(self.orders)}")
        self.orders.append(undone)

        async def work() -> None:
            await self.reservations.release(given_back, NOON)
            await self.reservations.reserve(hold(undone, lines, NOON), NOON)
            await self.reservations.claim(undone, NOON)
            raise Undone

        with pytest.raises((Undone, OutOfStock)):
            self.run(self.unit_of_work(work))
        left = self.run(self.reservations.get(undone))
        assert left is None or left.state is ReservationState.HELD

    @rule(sku=skus(), by=st.integers(-6, 6))
    def adjust(self, sku: Sku, by: int) -> None:
        """The merchant finds or loses units."""
        try:
            self.run(self.levels.adjust(sku, by, reason="found", movement_id=self._movement(), at=NOON))
        except (StockItemNotFound, WouldOversell):
            return
        self.shelf[sku] += by

    @rule(sku=st.sampled_from(SKUS[:3]), tracked=st.booleans(), policy=st.sampled_from(StockPolicy))
    def set_rules(self, sku: Sku, tracked: bool, policy: StockPolicy) -> None:
        """The merchant changes the rules in the middle of it all."""
        self.at_once([self.levels.set_rules(sku, tracked=tracked, policy=policy)])

    @invariant()
    def movements_sum_to_the_level(self) -> None:
        """Of every SKU, in both figures."""
        for sku, item in self._items().items():
            page = self.run(self.levels.movements(sku, None, 10_000))
            assert sum(one.on_hand for one in page.items) == item.on_hand
            assert sum(one.reserved for one in page.items) == item.reserved

    @invariant()
    def nothing_is_oversold(self) -> None:
        """Where it is forbidden, nothing is promised that is not on hand."""
        for item in self._items().values():
            if item.tracked and item.policy is StockPolicy.DENY:
                assert 0 <= item.reserved <= item.on_hand

    @invariant()
    def figures_are_what_orders_and_merchant_did(self) -> None:
        """Reserved is what open reservations hold; on hand is what was counted, less what orders took."""
        open_units, taken_units = dict.fromkeys(SKUS, 0), dict.fromkeys(SKUS, 0)
        for reservation, line in self._counted_lines():
            open_units[line.sku] += line.quantity if reservation.state in _OPEN else 0
            taken_units[line.sku] += line.quantity if reservation.state is ReservationState.COMMITTED else 0
        for sku, item in self._items().items():
            assert item.reserved == open_units[sku]
            assert item.on_hand == self.shelf[sku] - taken_units[sku]

    def count(self, sku: Sku, on_hand: int) -> None:
        """Set a level."""
        work = self.levels.set_on_hand(
            sku, on_hand, kind=MovementKind.ADJUSTED, reason="counted", movement_id=self._movement(), at=NOON
        )
        self.run(work)
        self.shelf[sku] = on_hand

    async def _step(self, order_id: OrderId, step: str) -> None:
        match step:
            case "claim":
                await self.reservations.claim(order_id, NOON)
            case "claim late":
                await self.reservations.claim(order_id, NOON + HOLD)
            case "commit":
                await self.reservations.commit(order_id, NOON)
            case "let go":
                await self.reservations.let_go(order_id, NOON)
            case _:
                await self.reservations.release(order_id, NOON)

    def _movement(self) -> str:
        self.counts += 1
        return f"count-{self.counts}"

    def _items(self) -> Mapping[Sku, StockItem]:
        return self.run(self.levels.find(SKUS))

    def _counted_lines(self) -> list[tuple[Reservation, StockLine]]:
        """The lines of all reservations that moved a level: those of untracked SKUs do not."""
        moved = {
            (one.order_id, sku)
            for sku in SKUS
            for one in self.run(self.levels.movements(sku, None, 10_000)).items
            if one.kind is MovementKind.RESERVED
        }
        found = [self.run(self.reservations.get(order_id)) for order_id in self.orders]
        return [
            (reservation, line)
            for reservation in found
            if reservation is not None
            for line in reservation.lines
            if (reservation.id, line.sku) in moved
        ]
