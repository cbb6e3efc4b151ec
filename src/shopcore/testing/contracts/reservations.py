"""The contract of `shopcore.inventory.ports.Reservations`. What is not counted is in `uncounted_reservations`."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from datetime import timedelta
from typing import TypeAlias

import pytest

from shopcore.inventory.errors import OutOfStock, ReservationDiffers, ReservationLapsed
from shopcore.inventory.model import HOLD, MovementKind, Reservation, ReservationState, StockLine, hold
from shopcore.inventory.ports import Levels, Reservations
from shopcore.kernel.ids import OrderId, Sku
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.testing.contracts.levels import level, movements, stock, sums
from shopcore.testing.contracts.samples import NOON, Refused

A, B, C = Sku("A"), Sku("B"), Sku("C")
ORDER = OrderId("order")
Step: TypeAlias = Callable[[], Coroutine[None, None, None]]


def wanting(lines: Mapping[Sku, int], order_id: str = ORDER) -> Reservation:
    """A reservation of these lines, held from noon."""
    return hold(OrderId(order_id), [StockLine(sku=sku, quantity=quantity) for sku, quantity in lines.items()], NOON)


@pytest.mark.anyio
class ReservationsContract:
    """Override `reservations`, `levels` (of the same store) and `unit_of_work`."""

    @pytest.fixture
    def reservations(self) -> Reservations:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def levels(self) -> Levels:
        pytest.fail("override this fixture with the levels of the same store")

    @pytest.fixture
    def unit_of_work(self) -> UnitOfWork:
        pytest.fail("override this fixture with the unit of work that the port joins")

    async def test_a_reservation_is_kept_as_it_was_made(self, reservations: Reservations, levels: Levels) -> None:
        """Its lines, its time and its state; an unknown one is None."""
        await stock(levels, A, 5)
        reservation = wanting({B: 2, A: 3})

        await reservations.reserve(reservation, NOON)

        assert await reservations.get(ORDER) == reservation
        assert await reservations.get(OrderId("unknown")) is None

    async def test_units_are_promised_then_taken(self, reservations: Reservations, levels: Levels) -> None:
        """Reserve raises what is reserved, claim moves nothing, commit takes it from the shelf."""
        await stock(levels, A, 5)
        await reservations.reserve(wanting({A: 3}), NOON)
        assert await level(levels, A) == (5, 3)
        await reservations.claim(ORDER, NOON)
        assert await level(levels, A) == (5, 3)
        await reservations.commit(ORDER, NOON)

        assert await level(levels, A) == await sums(levels, A) == (2, 0)
        assert [(one.id, one.kind, one.on_hand, one.reserved) for one in (await movements(levels, A))[:2]] == [
            ("order/A/committed", MovementKind.COMMITTED, -3, -3),
            ("order/A/reserved", MovementKind.RESERVED, 0, 3),
        ]
        assert {one.order_id for one in await movements(levels, A)} == {ORDER, None}

    @pytest.mark.parametrize("steps", [(), ("claim",), ("claim", "commit")])
    async def test_units_are_given_back_once(
        self, reservations: Reservations, levels: Levels, steps: tuple[str, ...]
    ) -> None:
        """From whichever state, everything is as it was; a second release moves nothing."""
        await stock(levels, A, 5)
        await reservations.reserve(wanting({A: 3}), NOON)
        for step in steps:
            await getattr(reservations, step)(ORDER, NOON)
        await reservations.release(ORDER, NOON)
        await reservations.release(ORDER, NOON)

        assert await level(levels, A) == await sums(levels, A) == (5, 0)
        kind = MovementKind.RESTOCKED if "commit" in steps else MovementKind.RELEASED
        newest = (await movements(levels, A))[0]
        assert (newest.id, newest.kind) == (f"order/A/{kind}", kind)
        released = await reservations.get(ORDER)
        assert released is not None
        assert released.state is ReservationState.RELEASED

    async def test_every_step_can_be_repeated(self, reservations: Reservations, levels: Levels) -> None:
        """A step that was taken already is a no-op, and so is an earlier one."""
        await stock(levels, A, 5)
        steps: tuple[Step, ...] = (
            lambda: reservations.reserve(wanting({A: 3}), NOON),
            lambda: reservations.claim(ORDER, NOON),
            lambda: reservations.commit(ORDER, NOON),
        )
        for step in steps:
            await step()
            await step()
        await reservations.claim(ORDER, NOON + HOLD)
        await reservations.reserve(wanting({A: 3}), NOON + HOLD)

        assert await level(levels, A) == await sums(levels, A) == (2, 0)
        assert len(await movements(levels, A)) == 3

    async def test_releasing_the_unknown_is_a_no_op(self, reservations: Reservations) -> None:
        """Whoever cleans up does not know how far things came."""
        await reservations.release(ORDER, NOON)

        assert await reservations.get(ORDER) is None

    async def test_all_lines_or_none(self, reservations: Reservations, levels: Levels) -> None:
        """Every SKU that lacks is named, none is taken, and the order may try again with less."""
        await stock(levels, A, 5)
        await stock(levels, B, 1)
        await stock(levels, C, 0)

        with pytest.raises(OutOfStock) as refusal:
            await reservations.reserve(wanting({C: 1, B: 2, A: 5}), NOON)
        assert refusal.value.skus == (B, C)
        assert await reservations.get(ORDER) is None
        assert [await level(levels, sku) for sku in (A, B, C)] == [(5, 0), (1, 0), (0, 0)]
        assert await sums(levels, A) == (5, 0)
        await reservations.reserve(wanting({B: 1, A: 5}), NOON)
        assert [await level(levels, sku) for sku in (A, B)] == [(5, 5), (1, 1)]

    async def test_a_refusal_leaves_nothing_in_a_unit_that_goes_on(
        self, reservations: Reservations, levels: Levels, unit_of_work: UnitOfWork
    ) -> None:
        """Whoever catches it within a unit of work commits without a trace of it."""
        await stock(levels, A, 5)
        await stock(levels, B, 1)

        async def work() -> None:
            with pytest.raises(OutOfStock):
                await reservations.reserve(wanting({A: 5, B: 2}), NOON)
            await levels.adjust(A, 1, reason="found", movement_id="m", at=NOON)

        await unit_of_work(work)
        assert await reservations.get(ORDER) is None
        assert await level(levels, A) == await sums(levels, A) == (6, 0)

    async def test_an_undone_unit_leaves_nobody_s_claim(
        self, reservations: Reservations, levels: Levels, unit_of_work: UnitOfWork
    ) -> None:
        """Inside a unit its own writes are seen; when it raises, no order owns anything, and what is left is let go."""
        await stock(levels, A, 5)

        async def work() -> None:
            await reservations.reserve(wanting({A: 3}), NOON)
            await reservations.claim(ORDER, NOON)
            assert await level(levels, A) == (5, 3)
            raise Refused

        with pytest.raises(Refused):
            await unit_of_work(work)
        left = await reservations.get(ORDER)
        assert left is None or left.state is ReservationState.HELD
        assert await level(levels, A) == await sums(levels, A) == (5, 3 if left else 0)
        await reservations.let_go(ORDER, NOON)
        assert await level(levels, A) == await sums(levels, A) == (5, 0)

    async def test_a_claim_is_undone_and_made_again(
        self, reservations: Reservations, levels: Levels, unit_of_work: UnitOfWork
    ) -> None:
        """The next unit claims what the undone one had claimed; one that is not undone keeps its claim."""
        await stock(levels, A, 5)
        await reservations.reserve(wanting({A: 3}), NOON)

        async def claiming(error: Exception | None = None) -> None:
            await reservations.claim(ORDER, NOON)
            if error is not None:
                raise error

        with pytest.raises(Refused):
            await unit_of_work(lambda: claiming(Refused()))
        held = await reservations.get(ORDER)
        await unit_of_work(claiming)
        owned = await reservations.get(ORDER)

        assert (held and held.state, owned and owned.state) == (ReservationState.HELD, ReservationState.OWNED)

    @pytest.mark.parametrize("steps", [(), ("claim",), ("claim", "commit"), ("release",)])
    async def test_only_what_is_merely_held_is_let_go(
        self, reservations: Reservations, levels: Levels, steps: tuple[str, ...]
    ) -> None:
        """A hold ends, once; what an order owns or has taken stays with it."""
        await stock(levels, A, 5)
        await reservations.reserve(wanting({A: 3}), NOON)
        for step in steps:
            await getattr(reservations, step)(ORDER, NOON)
        before = await level(levels, A)
        await reservations.let_go(ORDER, NOON)
        await reservations.let_go(OrderId("unknown"), NOON)

        assert await level(levels, A) == await sums(levels, A) == (before if steps else (5, 0))
        if not steps:
            with pytest.raises(ReservationLapsed):
                await reservations.claim(ORDER, NOON)

    @pytest.mark.parametrize("steps", [(), ("claim",), ("claim", "commit"), ("release",)])
    async def test_nothing_more_is_held_under_the_same_id(
        self, reservations: Reservations, levels: Levels, steps: tuple[str, ...]
    ) -> None:
        """More of the same, less, something else, something besides: refused, and everything stays as it was."""
        await stock(levels, A, 5)
        await stock(levels, B, 5)
        await reservations.reserve(wanting({A: 3}), NOON)
        for step in steps:
            await getattr(reservations, step)(ORDER, NOON)
        before = await reservations.get(ORDER), await level(levels, A)

        for other in ({A: 4}, {A: 2}, {B: 3}, {A: 3, B: 1}):
            with pytest.raises(ReservationDiffers):
                await reservations.reserve(wanting(other), NOON)

        assert (await reservations.get(ORDER), await level(levels, A)) == before
        assert await level(levels, B) == await sums(levels, B) == (5, 0)

    async def test_a_hold_lapses(self, reservations: Reservations, levels: Levels) -> None:
        """From its last instant on it cannot be claimed; neither can one that was released or never was."""
        await stock(levels, A, 5)
        await reservations.reserve(wanting({A: 3}), NOON)

        with pytest.raises(ReservationLapsed):
            await reservations.claim(ORDER, NOON + HOLD)
        await reservations.claim(ORDER, NOON + HOLD - timedelta(microseconds=1))
        await reservations.release(ORDER, NOON)
        for order_id in (ORDER, OrderId("unknown")):
            with pytest.raises(ReservationLapsed):
                await reservations.claim(order_id, NOON)
            with pytest.raises(ReservationLapsed):
                await reservations.commit(order_id, NOON)
        assert await level(levels, A) == (5, 0)

    async def test_only_an_owner_takes_units(self, reservations: Reservations, levels: Levels) -> None:
        """What is merely held cannot be committed."""
        await stock(levels, A, 5)
        await reservations.reserve(wanting({A: 3}), NOON)

        with pytest.raises(ReservationLapsed):
            await reservations.commit(ORDER, NOON)
        assert await level(levels, A) == (5, 3)

    async def test_lapsed_are_those_still_held(self, reservations: Reservations) -> None:
        """Oldest first, at most so many; what was claimed or released is no longer among them."""
        for minute, name in enumerate(("claimed", "first", "released", "second", "third")):
            at = NOON + timedelta(minutes=minute)
            await reservations.reserve(hold(OrderId(name), [StockLine(sku=A, quantity=1)], at), at)
        await reservations.claim(OrderId("claimed"), NOON)
        await reservations.release(OrderId("released"), NOON)

        assert await reservations.lapsed(NOON, 10) == []
        assert await reservations.lapsed(NOON + HOLD + timedelta(minutes=3), 10) == ["first", "second"]
        assert await reservations.lapsed(NOON + HOLD + timedelta(hours=1), 2) == ["first", "second"]

    async def test_many_at_once_get_what_is_there(self, reservations: Reservations, levels: Levels) -> None:
        """Of 40 orders for one unit each of two SKUs, exactly as many succeed as the scarcer has units."""
        await stock(levels, A, 30)
        await stock(levels, B, 12)
        rivals = [wanting({A: 1, B: 1}, f"order-{number}") for number in range(40)]

        answers = await asyncio.gather(*(reservations.reserve(rival, NOON) for rival in rivals), return_exceptions=True)

        assert sum(answer is None for answer in answers) == 12
        assert {type(answer) for answer in answers if answer is not None} == {OutOfStock}
        assert await level(levels, A) == await sums(levels, A) == (30, 12)
        assert await level(levels, B) == await sums(levels, B) == (12, 12)

    async def test_the_same_step_at_the_same_moment_is_taken_once(
        self, reservations: Reservations, levels: Levels
    ) -> None:
        """Ten times each of reserve, claim, commit and release: the level moves as if each had come once."""
        await stock(levels, A, 5)
        steps: tuple[tuple[Step, tuple[int, int]], ...] = (
            (lambda: reservations.reserve(wanting({A: 2}), NOON), (5, 2)),
            (lambda: reservations.claim(ORDER, NOON), (5, 2)),
            (lambda: reservations.commit(ORDER, NOON), (3, 0)),
            (lambda: reservations.release(ORDER, NOON), (5, 0)),
        )
        for step, expected in steps:
            await asyncio.gather(*(step() for _ in range(10)))
            assert await level(levels, A) == await sums(levels, A) == expected
