"""Stock: on hand, reserved, available; reservations and the movements that explain every figure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from shopcore.inventory.errors import ReservationLapsed
from shopcore.kernel.errors import FieldError, InvalidInput
from shopcore.kernel.ids import OrderId, Sku

HOLD = timedelta(minutes=10)
"""How long a reservation without an order lasts."""


MAX_LEVEL = 999_999_999
"""Units: what nine digits can say, far from the limits of any store."""

LONGEST_REASON = 200


class StockPolicy(StrEnum):
    """Whether a SKU that has run out may be sold on."""

    DENY = "deny"
    CONTINUE = "continue"


class StockItem(msgspec.Struct, frozen=True, kw_only=True):
    """One SKU's stock. What is not `tracked` never runs out. `imported` is the figure that a file last gave."""

    sku: Sku
    tracked: bool
    policy: StockPolicy = StockPolicy.DENY
    on_hand: int = 0
    reserved: int = 0
    imported: int | None = None

    @property
    def available(self) -> int:
        """How many can still be promised; may be negative where policy is `continue`."""
        return self.on_hand - self.reserved

    def allows(self, quantity: int) -> bool:
        """Whether that many more can be promised."""
        return not self.tracked or self.policy is StockPolicy.CONTINUE or self.available >= quantity


class LevelChange(msgspec.Struct, frozen=True, kw_only=True):
    """What a file wants of one SKU: other rules (whether it is tracked, and its policy), a figure on hand, or both.

    `movement_id` is that of the movement which the figure makes.
    """

    sku: Sku
    movement_id: str
    rules: tuple[bool, StockPolicy] | None = None
    on_hand: int | None = None


class MovementKind(StrEnum):
    """Why a level changed."""

    IMPORTED = "imported"
    ADJUSTED = "adjusted"
    RESERVED = "reserved"
    RELEASED = "released"
    COMMITTED = "committed"
    RESTOCKED = "restocked"


class Movement(msgspec.Struct, frozen=True, kw_only=True):
    """One change of one level. The sums of `on_hand` and `reserved` over a SKU's movements are its level, always.

    `id` is made of what it records (an order, a SKU and a kind), so that recording it twice is refused by the store.
    """

    id: str
    sku: Sku
    kind: MovementKind
    at: datetime
    on_hand: int = 0
    reserved: int = 0
    reason: str | None = None
    order_id: OrderId | None = None


class ReservationState(StrEnum):
    """`held` without an order, `owned` by one, then taken from the shelf or given back."""

    HELD = "held"
    OWNED = "owned"
    COMMITTED = "committed"
    RELEASED = "released"


class StockLine(msgspec.Struct, frozen=True, kw_only=True):
    """So many of one SKU. A reservation names each SKU once."""

    sku: Sku
    quantity: int


class Reservation(msgspec.Struct, frozen=True, kw_only=True):
    """Units promised to the order of the same id."""

    id: OrderId
    lines: tuple[StockLine, ...]
    expires_at: datetime
    state: ReservationState = ReservationState.HELD


def check_adjustment(*, by: int | None, to: int | None, reason: str) -> None:
    """Raises `InvalidInput` unless it says one thing, possible in itself, and why."""
    rules = (
        ((by is None) != (to is None), "by", "exactly_one", "say either by how much, or to what"),
        (by is None or 0 < abs(by) <= MAX_LEVEL, "by", "out_of_range", f"must be from 1 to {MAX_LEVEL}, or minus that"),
        (to is None or 0 <= to <= MAX_LEVEL, "to", "out_of_range", f"must be from 0 to {MAX_LEVEL}"),
        (bool(reason.strip()), "reason", "required", "must not be empty"),
        (len(reason) <= LONGEST_REASON, "reason", "too_long", f"must be at most {LONGEST_REASON} characters"),
    )
    problems = [
        FieldError(field=field, code=code, message=message) for holds, field, code, message in rules if not holds
    ]
    if problems:
        raise InvalidInput(*problems)


def hold(order_id: OrderId, lines: Sequence[StockLine], now: datetime) -> Reservation:
    """A reservation for that order, its lines summed per SKU and in SKU order, so that no two wait for each other."""
    wanted: dict[Sku, int] = {}
    for line in lines:
        wanted[line.sku] = wanted.get(line.sku, 0) + line.quantity
    summed = tuple(StockLine(sku=sku, quantity=wanted[sku]) for sku in sorted(wanted))
    return Reservation(id=order_id, lines=summed, expires_at=now + HOLD)


def claim(reservation: Reservation, now: datetime) -> Reservation:
    """Hand it to its order. Raises `ReservationLapsed` if it was released or held too long; a no-op when owned."""
    match reservation.state:
        case ReservationState.HELD if now < reservation.expires_at:
            return msgspec.structs.replace(reservation, state=ReservationState.OWNED)
        case ReservationState.OWNED | ReservationState.COMMITTED:
            return reservation
        case ReservationState.HELD | ReservationState.RELEASED:
            raise ReservationLapsed


def commit(reservation: Reservation) -> Reservation:
    """Take the units from the shelf. Raises `ReservationLapsed` unless an order owns it; a no-op when done."""
    match reservation.state:
        case ReservationState.OWNED | ReservationState.COMMITTED:
            return msgspec.structs.replace(reservation, state=ReservationState.COMMITTED)
        case ReservationState.HELD | ReservationState.RELEASED:
            raise ReservationLapsed


def release(reservation: Reservation) -> Reservation:
    """Give the units back, from the shelf's side too when they were taken already; a no-op when released."""
    return msgspec.structs.replace(reservation, state=ReservationState.RELEASED)
