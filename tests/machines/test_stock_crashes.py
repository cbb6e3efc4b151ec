"""Steps of a purchase on MongoDB that are cut off, or overtaken, at any of their statements."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial

import pytest
from tests.contracts.stores import mongo_database
from tests.crashes import Crash, Fuse
from tests.machines.dying_stock import (
    BOUGHT,
    ORDER,
    A,
    Act,
    B,
    buy,
    commit,
    crash_points,
    dying,
    figures,
    nothing,
    open_shop,
    release,
    reserve,
    sell,
)

from shopcore.adapters.mongo.movements import StockMovements
from shopcore.adapters.mongo.reservations import MongoReservations
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.stock_lines import Lines, StockLines
from shopcore.inventory.errors import OutOfStock, ReservationLapsed
from shopcore.inventory.model import HOLD, ReservationState, StockLine, hold
from shopcore.kernel.ids import OrderId, Sku
from shopcore.testing.contracts.samples import NOON


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("before", "act", "after"),
    [
        (nothing, reserve, [(5, 2), (5, 1)]),
        (buy, commit, [(3, 0), (4, 0)]),
        (buy, release, [(5, 0), (5, 0)]),
        (sell, release, [(5, 0), (5, 0)]),
    ],
    ids=["reserve", "commit", "release", "restock"],
)
async def test_whoever_comes_after_a_crash_finishes_the_step(
    mongo_url: str, before: Act, act: Act, after: list[tuple[int, int]]
) -> None:
    """Wherever the process died, its figures explain each other, and the step that is taken again is taken once."""
    names = await crash_points(mongo_url, before, act)

    assert len(names) > 6
    for step in range(1, len(names) + 1):
        async with mongo_database(mongo_url) as database:
            levels, reservations = await open_shop(database, before)
            async with dying(mongo_url, Fuse(step)) as doomed:
                with pytest.raises(Crash):
                    await act(doomed)
            await figures(levels)
            late = NOON + timedelta(seconds=5)
            if act is reserve:
                lines = [StockLine(sku=sku, quantity=quantity) for sku, quantity in BOUGHT.items()]
                await reservations.reserve(hold(ORDER, lines, late), late)
                await reservations.claim(ORDER, late)
            else:
                await act(reservations)

            assert await figures(levels) == after
            assert await reservations.lapsed(NOON + 2 * HOLD, 10) == []


@pytest.mark.anyio
@pytest.mark.parametrize("before", [nothing, buy, sell])
async def test_what_nobody_comes_for_is_swept(mongo_url: str, before: Act) -> None:
    """A hold, whole or half, or a step that was cut off: the sweeper finds it, and nothing is promised to nobody."""
    act = reserve if before is nothing else (commit if before is buy else release)
    for step in range(1, len(await crash_points(mongo_url, before, act)) + 1):
        async with mongo_database(mongo_url) as database:
            levels, reservations = await open_shop(database, before)
            async with dying(mongo_url, Fuse(step)) as doomed:
                with pytest.raises(Crash):
                    await act(doomed)
            for order_id in await reservations.lapsed(NOON + HOLD, 10):
                await reservations.let_go(order_id, NOON + HOLD)
            left = await reservations.get(ORDER)

            assert await reservations.lapsed(NOON + 2 * HOLD, 10) == []
            assert (
                await figures(levels)
                == {
                    None: [(5, 0), (5, 0)],
                    ReservationState.RELEASED: [(5, 0), (5, 0)],
                    ReservationState.OWNED: [(5, 2), (5, 1)],
                    ReservationState.COMMITTED: [(3, 0), (4, 0)],
                }[left.state if left else None]
            )


@pytest.mark.anyio
@pytest.mark.parametrize("sold_out", [A, B])
async def test_an_order_that_is_refused_after_a_crash_holds_nothing(mongo_url: str, sold_out: Sku) -> None:
    """Also not what the attempt had taken that was cut off; where it had taken what is sold out by now, it has it."""
    for step in range(1, len(await crash_points(mongo_url, nothing, reserve)) + 1):
        async with mongo_database(mongo_url) as database:
            levels, reservations = await open_shop(database, nothing)
            async with dying(mongo_url, Fuse(step)) as doomed:
                with pytest.raises(Crash):
                    await reserve(doomed)
            left = (await levels.find([sold_out]))[sold_out].available
            await levels.adjust(sold_out, -left, reason="sold elsewhere", movement_id="elsewhere", at=NOON)
            late = NOON + timedelta(seconds=5)
            lines = [StockLine(sku=sku, quantity=quantity) for sku, quantity in BOUGHT.items()]
            with suppress(OutOfStock):
                await reservations.reserve(hold(ORDER, lines, late), late)
            held = [2, 1] if await reservations.get(ORDER) else [0, 0]

            assert [reserved for _, reserved in await figures(levels)] == held


async def takes_over(reservations: MongoReservations) -> None:
    """Another process, once it may: it does not wait for whoever stopped."""
    late = NOON + timedelta(seconds=5)
    lines = [StockLine(sku=sku, quantity=quantity) for sku, quantity in BOUGHT.items()]
    await reservations.reserve(hold(ORDER, lines, late), late)
    await reservations.claim(ORDER, late)


async def takes_over_and_sells(reservations: MongoReservations) -> None:
    await takes_over(reservations)
    await reservations.commit(ORDER, NOON)


async def restocks_and_drains(reservations: MongoReservations) -> None:
    await reservations.release(ORDER, NOON)
    for sku in (A, B):
        await StockMovements(reservations._database).drain(sku)


async def overtaken(
    url: str, before: Act, act: Act, meanwhile: Act, steps: type[StockLines] = StockLines
) -> list[list[tuple[int, int]]]:
    """The figures at the end, for every two statements between which an act stops while another process is quicker."""
    ends = []
    for step in range(1, len(await crash_points(url, before, act)) + 1):
        async with mongo_database(url) as database, dying(url, slow := Fuse()) as straggler:
            levels, reservations = await open_shop(database, before)
            straggler._steps = steps(straggler._database)
            slow.at(step, partial(meanwhile, reservations))
            await act(straggler)
            ends.append(await figures(levels))
    return ends


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("before", "act", "meanwhile", "end"),
    [
        (nothing, reserve, takes_over, [(5, 2), (5, 1)]),
        (nothing, reserve, takes_over_and_sells, [(3, 0), (4, 0)]),
        (buy, commit, release, [(5, 0), (5, 0)]),
        (sell, release, restocks_and_drains, [(5, 0), (5, 0)]),
    ],
    ids=["reserve", "reserve what was sold", "commit", "restock"],
)
async def test_a_straggler_changes_nothing(
    mongo_url: str, before: Act, act: Act, meanwhile: Act, end: list[tuple[int, int]]
) -> None:
    """It stops between two of its statements; another process takes the order further; then it goes on."""
    if act is commit:  # by then its order has ended, which it is told where it looks again

        async def committing(reservations: MongoReservations) -> None:
            with suppress(ReservationLapsed):
                await commit(reservations)

        act = committing

    assert {tuple(each) for each in await overtaken(mongo_url, before, act, meanwhile)} == {tuple(end)}


class AnnulsWhatOthersTook(StockLines):
    """The planted bug: whoever gives an attempt up gives up the whole order."""

    async def annul(self, order_id: OrderId, lines: Lines, _attempt: int | None = None) -> None:
        await super().annul(order_id, lines)


class ForgetsDrains(StockLines):
    """The planted bug: it looks, and writes, and does not ask what was drained in between."""

    async def _move(self, lines: Lines, writing: Sequence[tuple[Document, Document]]) -> int:
        blind = [({name: value for name, value in guard.items() if name != "drains"}, new) for guard, new in writing]
        return await super()._move(lines, blind)


@pytest.mark.anyio
async def test_stragglers_that_do_harm_are_noticed(mongo_url: str) -> None:
    """A hold that disappears under its order; goods that come back twice."""
    lost = await overtaken(mongo_url, nothing, reserve, takes_over, AnnulsWhatOthersTook)

    assert any(end != [(5, 2), (5, 1)] for end in lost)
    with pytest.raises(AssertionError):
        await overtaken(mongo_url, sell, release, restocks_and_drains, ForgetsDrains)
