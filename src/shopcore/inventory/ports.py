"""What the stock needs from a store. Each step refuses an oversell itself, whatever the code above does."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from shopcore.inventory.model import LevelChange, Movement, MovementKind, Reservation, StockItem, StockPolicy
from shopcore.kernel.ids import OrderId, Sku
from shopcore.kernel.paging import Position, Slice


class Levels(Protocol):
    """What is on hand, by SKU. Every change of a level MUST write its movement in the same step."""

    async def find(self, skus: Sequence[Sku]) -> Mapping[Sku, StockItem]:
        """The levels of these SKUs; one that was never set is absent, and counts as not tracked."""
        ...

    async def set_rules(self, sku: Sku, *, tracked: bool, policy: StockPolicy) -> StockItem:
        """Say whether the SKU is counted and may be oversold; adds it with nothing on hand when new.

        Raises `WouldOversell` when `deny` would not hold for what is promised already. Equal rules are a no-op.
        """
        ...

    async def set_on_hand(
        self, sku: Sku, on_hand: int, *, kind: MovementKind, reason: str, movement_id: str, at: datetime
    ) -> StockItem:
        """Set the level; with `kind` imported, also remember the figure as the one last imported.

        Raises `StockItemNotFound`, or `WouldOversell` if less than what is reserved would be left (policy `deny`) or
        `on_hand` is negative. The movement holds the difference; no difference writes no movement. A known movement
        id is a no-op.
        """
        ...

    async def take_in(self, changes: Sequence[LevelChange], *, reason: str, at: datetime) -> Sequence[Sku]:
        """Of each change its rules as by `set_rules`, then its figure as by `set_on_hand` with `kind` imported.

        Answers the SKUs that `WouldOversell` is true of, in their order: of those the rules may stand, and the figure
        does not; all others are taken. Each SKU at most once, a thousand and more at a time: what it costs MUST NOT be
        a round trip for each. Raises `StockItemNotFound` for a figure without a level, and then changes nothing.
        """
        ...

    async def adjust(self, sku: Sku, by: int, *, reason: str, movement_id: str, at: datetime) -> StockItem:
        """Change the level by a difference, in one statement. Raises as `set_on_hand`. A known movement id is a no-op.

        What was oversold (on hand below zero) may be counted up step by step; nothing is counted down below zero.
        """
        ...

    async def page(self, after: Position | None, limit: int) -> Slice[StockItem]:
        """All levels, by SKU."""
        ...

    async def movements(self, sku: Sku, after: Position | None, limit: int) -> Slice[Movement]:
        """The changes of one level, newest first."""
        ...


class Reservations(Protocol):
    """Steps keyed by the order: each atomic, idempotent, and with its movements. All lines or none.

    What is not tracked at the moment of `reserve` is promised without being counted: no step of that reservation moves
    its level, even if it is tracked by then. So a level is never charged for units that it never counted.

    `reserve`, `commit`, `release` and `let_go` may stand although the unit of work that they were called in is undone:
    a store may have to keep what everybody wants out of its transactions. So nobody leaves them to a unit to undo.

    - `reserve` comes before anything is decided. Who is refused later gives it up with `let_go`; who dies leaves a
      hold, and that lapses.
    - `claim` belongs to the unit: the reservation is the order's exactly if the order is there.
    - `commit` and `release` follow what is durable already, an order as it stands or money that went back, and are
      run again until they have succeeded. They are not called in a unit that has claimed.
    """

    async def reserve(self, reservation: Reservation, at: datetime) -> None:
        """Take all lines or none. Raises `OutOfStock` naming every SKU that lacks.

        A known id is a no-op, whatever became of it; with other lines it MUST be refused with `ReservationDiffers`: who
        asks again after a crash may have changed the cart, and would sell what nobody holds.

        One that was cut off half-way is no reservation: it is taken anew by whoever asks again, and lapses otherwise.
        Raises `Unavailable` while another process is taking the same one.
        """
        ...

    async def claim(self, order_id: OrderId, now: datetime) -> None:
        """`held` to `owned`, as `model.claim`. Raises `ReservationLapsed`, also when there is none.

        MUST be undone with the unit of work that it is called in.
        """
        ...

    async def commit(self, order_id: OrderId, at: datetime) -> None:
        """Take what is owned from the shelf, as `model.commit`; a no-op when done."""
        ...

    async def release(self, order_id: OrderId, at: datetime) -> None:
        """Give everything back, from whichever state, once; a no-op when released or unknown.

        What was committed is restocked: on hand rises. What was only reserved: reserved falls. Only the order's own end
        may ask for it; anybody else asks with `let_go`.
        """
        ...

    async def let_go(self, order_id: OrderId, at: datetime) -> None:
        """Give back what is merely held; what an order owns, or has taken, stays with it. Also finishes a step that was
        cut off half-way.
        """
        ...

    async def get(self, order_id: OrderId) -> Reservation | None:
        """The reservation of that order, if there ever was one."""
        ...

    async def lapsed(self, now: datetime, limit: int) -> Sequence[OrderId]:
        """Reservations still `held` after their time, oldest first; and those whose step was cut off, for `let_go`."""
        ...
