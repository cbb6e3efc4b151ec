"""What happens to an order while it is being placed: the cart changes, the number is taken."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import pytest
from msgspec import structs
from tests.crashes import Crash, Fuse
from tests.stories import PRICE, TEA, Story, refusal

from shopcore.cart.errors import CartNotFound
from shopcore.checkout.model import CheckedOut, CheckOutCommand
from shopcore.container.root import build_use_cases
from shopcore.idempotency.model import LEASE
from shopcore.inventory.model import HOLD
from shopcore.kernel.errors import Conflict
from shopcore.kernel.ids import OrderId, Sku
from shopcore.kernel.stores import StoreUndecided
from shopcore.kernel.unit_of_work import UnitOfWork, Work
from shopcore.ordering.model import Order, number_of
from shopcore.testing.contracts.sales_samples import a_token_hash, an_order

pytestmark = pytest.mark.anyio

LEAF = Sku("LEAF-1")


@dataclass
class StepByStep:
    """A store that cannot hold a whole checkout in one transaction, and somebody who changes the cart in between."""

    inner: UnitOfWork
    meddle: Callable[[], Awaitable[Any]]

    async def __call__(self, work: Work[Any]) -> Any:
        """As the store does it."""
        return await self.inner(work)

    async def in_order(self, *works: Work[Any]) -> None:
        """Each work by itself; the cart changes after it was quoted, before it is ordered."""
        *first, last = works
        for work in first:
            await self.inner(work)
        await self.meddle()
        await self.inner(last)


async def test_a_cart_that_changes_between_quote_and_order_is_not_ordered(story: Story) -> None:
    """Nobody gets what was not quoted: refused with nothing held, and bought as it is under another key."""
    await story.sell()
    place, guest = story.place, await story.cart()
    cases = build_use_cases(place.settings, place.store, place.world, lambda _job, _error: None)
    buying = StepByStep(place.store.unit_of_work, lambda: story.shop.as_(guest).cart.add_item(sku=TEA, quantity=1))
    meddled = replace(cases.checkout.check_out, unit_of_work=buying)

    assert refusal(await meddled(guest, command=CheckOutCommand(), key="key"))[0] == "version_conflict"
    assert await story.level() == (5, 0)
    reply = await cases.checkout.check_out(guest, command=CheckOutCommand(), key="another key")
    assert story.bought(reply).first.order.lines[0].quantity == 2


@pytest.mark.parametrize("step", range(1, 11))
async def test_a_cart_that_changes_after_a_crash_takes_no_more_than_it_holds(story: Story, step: int) -> None:
    """The same request comes again with two more in the cart: ordered is what is held, or nothing."""
    await story.sell()
    guest = await story.cart()
    with suppress(Crash):
        await story.place.open(Fuse(step)).as_(guest).checkout.check_out(command=CheckOutCommand(), key="key")
    story.reopen()
    await story.clock.advance(LEASE.total_seconds())
    with suppress(Conflict, CartNotFound):
        await story.as_(guest).cart.add_item(sku=TEA, quantity=2)

    reply = await story.reply(guest)
    for _ in range(3):
        await story.passes(HOLD.total_seconds())

    sold = sum(line.quantity for order in (await story.staff.orders.list()).items for line in order.lines)
    assert isinstance(reply.outcome, CheckedOut) or refusal(reply)[0] == "version_conflict"
    assert await story.level() == (5 - sold, 0)
    assert sold == sum(charge // PRICE.amount for charge in await story.captured())


async def test_stock_stays_with_an_order_that_may_have_been_placed(story: Story) -> None:
    """The store does not say whether it was: nothing is given back, and the same key finds out
    once the request that never ended counts as dead.
    """
    await story.sell()
    place, guest = story.place, await story.cart()
    cases = build_use_cases(place.settings, place.store, place.world, lambda _job, _error: None)
    in_doubt = replace(cases.checkout.check_out, unit_of_work=SilentAtLast(place.store.unit_of_work))

    with pytest.raises(StoreUndecided):
        await in_doubt(guest, command=CheckOutCommand(), key="key")
    assert await story.level() == (5, 1)
    await story.clock.advance(LEASE.total_seconds() + 1)
    reply = await cases.checkout.check_out(guest, command=CheckOutCommand(), key="key")
    assert story.bought(reply).first.order.lines[0].quantity == 1


@dataclass
class SilentAtLast:
    """A store that loses contact while it commits the last of several works, which it keeps."""

    inner: UnitOfWork

    async def __call__(self, work: Work[Any]) -> Any:
        """As the store does it."""
        return await self.inner(work)

    async def in_order(self, *works: Work[Any]) -> None:
        """Each work by itself."""
        for work in works:
            await self.inner(work)
        raise StoreUndecided


@dataclass
class ForetoldIds:
    """Gives the ids that it was given."""

    ids: list[str]
    others: Any

    def new(self) -> str:
        """The next one."""
        usual: str = self.others.new()
        return self.ids.pop(0) if self.ids else usual

    def secret(self) -> str:
        """As usual."""
        secret: str = self.others.secret()
        return secret


async def test_a_number_that_is_taken_is_passed_over(story: Story) -> None:
    """In the middle of the order's transaction, which goes on with the next candidate."""
    await story.sell()
    guest = await story.cart()
    order_id = "018f0000-0000-7000-8000-000000000001"
    taken: Order = structs.replace(an_order("elder"), number=number_of(OrderId(order_id), 0))
    await story.place.store.orders.add(taken, a_token_hash("elder"))
    story.place.world = replace(story.place.world, ids=ForetoldIds([order_id], story.place.world.ids))
    story.reopen()
    bought = story.bought(await story.reply(guest))

    assert bought.id == order_id
    assert bought.first.order.number == number_of(OrderId(order_id), 1)
    assert await story.captured() == [PRICE.amount]
    assert await story.staff.orders.find(number=taken.number.lower().replace("-", "")) == await _by_id(story, "elder")


async def _by_id(story: Story, order_id: str) -> Order:
    return await story.place.store.orders.get(OrderId(order_id))
