"""Strategies for stock: few SKUs and small figures, so that lines meet, and run out."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from shopcore.inventory.model import Reservation, ReservationState, StockItem, StockLine, StockPolicy, hold
from shopcore.kernel.ids import OrderId, Sku

SKUS = tuple(Sku(letter) for letter in "ABCD")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def skus() -> st.SearchStrategy[Sku]:
    """One of four."""
    return st.sampled_from(SKUS)


def stock_lines(*, max_quantity: int = 5, of: Sequence[Sku] = SKUS) -> st.SearchStrategy[list[StockLine]]:
    """The lines of a cart: a SKU may come twice, as two variants of a bundle do."""
    line = st.builds(StockLine, sku=st.sampled_from(of), quantity=st.integers(1, max_quantity))
    return st.lists(line, min_size=1, max_size=6)


def moments() -> st.SearchStrategy[datetime]:
    """Instants around noon, within and beyond the time that a reservation is held."""
    return st.integers(0, 3600).map(lambda seconds: NOON + timedelta(seconds=seconds))


def reservations(*, states: Sequence[ReservationState] = tuple(ReservationState)) -> st.SearchStrategy[Reservation]:
    """A reservation in one of these states, its lines summed and sorted."""

    def build(order_id: str, lines: list[StockLine], at: datetime, state: ReservationState) -> Reservation:
        held = hold(OrderId(order_id), lines, at)
        return Reservation(id=held.id, lines=held.lines, expires_at=held.expires_at, state=state)

    return st.builds(build, st.uuids().map(str), stock_lines(), moments(), st.sampled_from(states))


@st.composite
def stock_items(draw: st.DrawFn) -> StockItem:
    """A level that keeps the store's rule: under `deny`, what is tracked has no more reserved than on hand."""
    tracked, policy = draw(st.booleans()), draw(st.sampled_from(StockPolicy))
    free = not tracked or policy is StockPolicy.CONTINUE
    on_hand = draw(st.integers(-20 if free else 0, 50))
    return StockItem(
        sku=draw(skus()),
        tracked=tracked,
        policy=policy,
        on_hand=on_hand,
        reserved=draw(st.integers(0, 50 if free else on_hand)),
        imported=draw(st.none() | st.integers(0, 50)),
    )
