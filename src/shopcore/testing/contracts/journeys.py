"""The contract of `shopcore.reporting.ports.Journeys`."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations

import msgspec
import pytest

from shopcore.kernel.ids import CartId, OrderId
from shopcore.kernel.money import Money
from shopcore.reporting.model import Counts, Journey, Sales
from shopcore.reporting.ports import Journeys

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
EVER = NOON - 1000 * HOUR, NOON + 1000 * HOUR


def steps_of(name: str, amount: int = 1999, currency: str = "USD") -> Sequence[Journey]:
    """Opened at noon, placed an hour later, paid another hour later: as it is told, step by step."""
    cart, placed = CartId(name), NOON + HOUR
    order = Journey(
        cart_id=cart,
        opened_at=placed,
        order_id=OrderId(f"order of {name}"),
        placed_at=placed,
        total=Money(amount, currency),
    )
    paid = Journey(
        cart_id=cart,
        opened_at=placed,
        order_id=order.order_id,
        placed_at=placed,
        paid_at=placed + HOUR,
        total=order.total,
    )
    return Journey(cart_id=cart, opened_at=NOON), order, paid


@pytest.mark.anyio
class JourneysContract:
    """Override `journeys`."""

    @pytest.fixture
    def journeys(self) -> Journeys:
        pytest.fail("override this fixture with the port under test")

    async def test_journeys_are_counted_by_how_far_they_came(self, journeys: Journeys) -> None:
        """What was paid is summed by currency."""
        for number, last in enumerate((1, 1, 2, 3, 3)):
            for step in steps_of(f"cart {number}", 1000 + number)[:last]:
                await journeys.note(step)
        for step in steps_of("in euros", 500, "EUR"):
            await journeys.note(step)

        assert await journeys.count(*EVER) == Counts(
            carts=6,
            orders=4,
            paid=3,
            sales=(Sales(orders=1, total=Money(500, "EUR")), Sales(orders=2, total=Money(2007, "USD"))),
        )

    async def test_steps_may_be_told_in_any_order_and_again(self, journeys: Journeys) -> None:
        """Nothing is counted twice, nothing is forgotten, and the earliest times stay."""
        for number, order in enumerate(permutations(range(3))):
            steps = steps_of(f"cart {number}", 100)
            for index in (*order, *order):
                await journeys.note(steps[index])

        assert await journeys.count(NOON, NOON + timedelta(microseconds=1)) == Counts(
            carts=6, orders=6, paid=6, sales=(Sales(orders=6, total=Money(600, "USD")),)
        )

    async def test_steps_may_be_told_at_the_same_moment(self, journeys: Journeys) -> None:
        await asyncio.gather(*(journeys.note(step) for step in steps_of("cart", 100) for _ in range(5)))

        assert await journeys.count(NOON, NOON + timedelta(microseconds=1)) == Counts(
            carts=1, orders=1, paid=1, sales=(Sales(orders=1, total=Money(100, "USD")),)
        )

    async def test_a_span_begins_and_ends_to_the_microsecond(self, journeys: Journeys) -> None:
        """By when the cart was opened, whatever came later."""
        for step in steps_of("cart"):
            await journeys.note(step)
        tick = timedelta(microseconds=1)

        assert (await journeys.count(NOON, NOON + tick)).carts == 1
        assert await journeys.count(NOON + tick, NOON + 9 * HOUR) == Counts()
        assert await journeys.count(NOON - HOUR, NOON) == Counts()

    async def test_a_cart_that_went_into_another_is_no_journey(self, journeys: Journeys) -> None:
        """Whichever is told first, whether it was bought by then or not."""
        opened, *_ = steps_of("guest")
        away = msgspec.structs.replace(opened, merged_into=CartId("own"))
        for number, steps in enumerate(((opened, away), (away, opened))):
            for step in steps:
                await journeys.note(msgspec.structs.replace(step, cart_id=CartId(f"guest {number}")))
        for step in steps_of("own", 500):
            await journeys.note(step)
        ((name, kept), *_) = await journeys.walk("", 10)

        assert await journeys.count(*EVER) == Counts(
            carts=1, orders=1, paid=1, sales=(Sales(orders=1, total=Money(500, "USD")),)
        )
        assert (name, kept.merged_into) == ("guest 0", "own")
        assert await journeys.unplaced([CartId("guest 0"), CartId("guest 1"), CartId("own")], *EVER) == 0

    async def test_of_carts_that_are_named_those_without_an_order_are_counted(self, journeys: Journeys) -> None:
        """In the span, and none that nobody has opened."""
        for name, last in (("one", 1), ("two", 1), ("placed", 2), ("paid", 3)):
            for step in steps_of(name)[:last]:
                await journeys.note(step)
        named = [CartId(name) for name in ("one", "placed", "paid", "never heard of")]
        many = [CartId("one"), *(CartId(f"never heard of {number}") for number in range(2_500)), CartId("two")]

        assert await journeys.unplaced(named, *EVER) == 1
        assert await journeys.unplaced(many, *EVER) == 2
        assert await journeys.unplaced(named, NOON + HOUR, NOON + 9 * HOUR) == 0
        assert await journeys.unplaced([], *EVER) == 0

    async def test_all_are_walked_over_as_they_were_told(self, journeys: Journeys) -> None:
        """Each once, in pages, however far it came; told again elsewhere, it is the same."""
        wanted = {name: number for number, name in enumerate(("a cart", "b cart", "c cart"), start=1)}
        for name, steps in wanted.items():
            for step in steps_of(name)[:steps]:
                await journeys.note(step)
        found: list[tuple[str, Journey]] = []
        while batch := await journeys.walk(found[-1][0] if found else "", 2):
            found += batch

        assert [name for name, _ in found] == list(wanted)
        for name, journey in found:
            opened, *later = steps_of(name)[: wanted[name]]
            last = later[-1] if later else opened
            assert journey == msgspec.structs.replace(last, opened_at=NOON)

    async def test_old_journeys_are_forgotten(self, journeys: Journeys) -> None:
        """At most so many at once, the oldest first."""
        for number in range(4):
            await journeys.note(Journey(cart_id=CartId(f"cart {number}"), opened_at=NOON + number * HOUR))

        assert await journeys.forget(NOON + 3 * HOUR, 2) == 2
        assert (await journeys.count(NOON + 2 * HOUR, NOON + 9 * HOUR)).carts == 2
        assert await journeys.forget(NOON + 3 * HOUR, 9) == 1
        assert (await journeys.count(*EVER)).carts == 1
