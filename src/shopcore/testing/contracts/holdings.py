"""The contract of `shopcore.operations.ports.Holdings`."""

from datetime import timedelta

import msgspec
import pytest

from shopcore.inventory.errors import OutOfStock
from shopcore.inventory.model import (
    HOLD,
    Movement,
    MovementKind,
    Reservation,
    ReservationState,
    StockItem,
    StockLine,
    hold,
)
from shopcore.inventory.ports import Levels, Reservations
from shopcore.jobs.model import Job, JobState
from shopcore.kernel.ids import JobId, OrderId, Sku
from shopcore.operations.ports import (
    MANY_MOVEMENTS,
    Holdings,
    Kept,
    KeptCart,
    KeptEvent,
    KeptOrder,
    KeptReservation,
    KeptStock,
    Kind,
)
from shopcore.testing.contracts.claims import a_claim
from shopcore.testing.contracts.inbox import an_event
from shopcore.testing.contracts.sales_samples import a_cart, a_token_hash, an_order
from shopcore.testing.contracts.samples import NOON
from shopcore.testing.contracts.wallets import FIRST

TEA, CUP = Sku("TEA"), Sku("CUP")
OPEN, SOLD, BACK = OrderId("order-1"), OrderId("order-2"), OrderId("order-3")


def _moved(order_id: OrderId, kind: MovementKind, minutes: int, on_hand: int, reserved: int) -> Movement:
    return Movement(
        id=f"{order_id}/{TEA}/{kind.value}",
        sku=TEA,
        kind=kind,
        at=NOON + timedelta(minutes=minutes),
        on_hand=on_hand,
        reserved=reserved,
        order_id=order_id,
    )


STOCK = KeptStock(
    item=StockItem(sku=TEA, tracked=True, on_hand=8, reserved=3, imported=10),
    movements=(
        Movement(id="opening", sku=TEA, kind=MovementKind.IMPORTED, at=NOON, on_hand=10, reason="counted"),
        _moved(SOLD, MovementKind.RESERVED, 1, 0, 2),
        _moved(SOLD, MovementKind.COMMITTED, 2, -2, -2),
        _moved(BACK, MovementKind.RESERVED, 3, 0, 1),
        _moved(BACK, MovementKind.RELEASED, 4, 0, -1),
        _moved(OPEN, MovementKind.RESERVED, 5, 0, 3),
    ),
)


def _counted(sku: Sku, times: int) -> KeptStock:
    movements = tuple(
        Movement(
            id=f"{sku}/{number:05}",
            sku=sku,
            kind=MovementKind.ADJUSTED,
            at=NOON + timedelta(seconds=number),
            on_hand=1,
            reason="one more was found",
        )
        for number in range(times)
    )
    return KeptStock(item=StockItem(sku=sku, tracked=True, on_hand=times, reserved=0), movements=movements)


def _reservation(order_id: OrderId, minutes: int, quantity: int, state: ReservationState) -> Reservation:
    lines = (StockLine(sku=CUP, quantity=1), StockLine(sku=TEA, quantity=quantity))
    return Reservation(id=order_id, lines=lines, expires_at=NOON + timedelta(minutes=minutes) + HOLD, state=state)


RESERVATIONS = tuple(
    KeptReservation(reservation=_reservation(*each), uncounted=(CUP,))
    for each in (
        (OPEN, 5, 3, ReservationState.OWNED),
        (SOLD, 1, 2, ReservationState.COMMITTED),
        (BACK, 3, 1, ReservationState.RELEASED),
    )
)
SAMPLES: dict[Kind, tuple[Kept, ...]] = {
    Kind.STOCK: (STOCK,),
    Kind.RESERVATIONS: RESERVATIONS,
    Kind.CARTS: tuple(KeptCart(cart=a_cart(name), token_hash=a_token_hash(name)) for name in ("a", "b", "c")),
    Kind.ORDERS: tuple(KeptOrder(order=an_order(name), token_hash=a_token_hash(name)) for name in ("x", "y", "z")),
    Kind.EVENTS: (KeptEvent(event=an_event("evt_1"), at=NOON),),
    Kind.CLAIMS: (a_claim("owner"),),
    Kind.WALLETS: (FIRST, msgspec.structs.replace(FIRST, gateway="another")),
    Kind.JOBS: tuple(
        Job(id=JobId(f"job-{state}"), kind="mail", payload={"order": "x"}, run_at=NOON, created_at=NOON, state=state)
        for state in (JobState.DEAD, JobState.DONE, JobState.WAITING)
    ),
}


@pytest.mark.anyio
class HoldingsContract:
    """Override `holdings`; and `levels` and `reservations` of the same store."""

    @pytest.fixture
    def holdings(self) -> Holdings:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def levels(self) -> Levels:
        pytest.fail("override this fixture with the stock levels of the same store")

    @pytest.fixture
    def reservations(self) -> Reservations:
        pytest.fail("override this fixture with the reservations of the same store")

    @pytest.mark.parametrize("kind", SAMPLES)
    async def test_what_was_put_is_what_is_read(self, holdings: Holdings, kind: Kind) -> None:
        """By key, a page after the other; and put a second time it changes nothing."""
        for needed in (Kind.STOCK, kind, kind):
            await holdings.put(SAMPLES[needed])

        first = await holdings.read(kind, "", 2)
        rest = await holdings.read(kind, first[-1][0], 10)

        found = [*first, *rest]
        assert [key for key, _ in found] == sorted(key for key, _ in found)
        assert sorted(map(msgspec.json.encode, SAMPLES[kind])) == sorted(
            msgspec.json.encode(thing) for _, thing in found
        )

    async def test_levels_that_moved_much_are_read_one_at_a_time(self, holdings: Holdings) -> None:
        """Whole, and in the end all of them."""
        levels = [_counted(Sku(name), MANY_MOVEMENTS) for name in ("A", "B")]
        await holdings.put([*levels, STOCK])

        first = await holdings.read(Kind.STOCK, "", 3)
        second = await holdings.read(Kind.STOCK, "A", 3)
        third = await holdings.read(Kind.STOCK, "B", 3)

        assert [thing for _, thing in [*first, *second, *third]] == [*levels, STOCK]
        assert [len(first), len(second), len(third)] == [1, 1, 1]

    async def test_a_level_that_was_put_goes_on(
        self, holdings: Holdings, levels: Levels, reservations: Reservations
    ) -> None:
        """What is reserved in it can be sold or given back, what is left can be promised, and nothing beyond it."""
        await holdings.put([STOCK])
        await holdings.put(RESERVATIONS)

        with pytest.raises(OutOfStock):
            await reservations.reserve(hold(OrderId("late"), [StockLine(sku=TEA, quantity=6)], NOON), NOON)
        await reservations.reserve(hold(OrderId("next"), [StockLine(sku=TEA, quantity=5)], NOON), NOON)
        await reservations.commit(OPEN, NOON + timedelta(hours=1))
        await reservations.release(SOLD, NOON + timedelta(hours=1))
        await reservations.release(OrderId("next"), NOON + timedelta(hours=1))

        item = (await levels.find([TEA]))[TEA]
        page = await levels.movements(TEA, None, 50)
        assert (item.on_hand, item.reserved) == (7, 0)
        assert sum(one.on_hand for one in page.items) == 7
        assert sum(one.reserved for one in page.items) == 0

    async def test_there_is_one_note(self, holdings: Holdings) -> None:
        """None in a new store, the last one that was written, and none after it was taken back."""
        notes = [await holdings.noted()]
        for text in ("half", "more", None):
            await holdings.note(text)
            notes.append(await holdings.noted())

        assert notes == [None, "half", "more", None]
