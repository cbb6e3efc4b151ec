"""Some products of a file at once, with patience for a store that is busy with the others."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from shopcore.catalog.errors import ProductUnreadable
from shopcore.kernel.actor import Actor
from shopcore.kernel.clock import Clock
from shopcore.kernel.errors import Conflict, NotFound, Rejected, Unavailable
from shopcore.kernel.ids import Ids
from shopcore.kernel.stores import StoreBusy, StoreUndecided, StoreUnreachable
from shopcore.kernel.unit_of_work import UnitOfWork, Work
from shopcore.operations.model import ImportedProduct, Refusal
from shopcore.operations.steps.take_product import Fate, Taken, TakeProduct, new_ids, refusals_of

TRIES = 5  # of one product: a store that was busy for a moment does not end a file of ten thousand
GIVE_UP_AFTER = 3
"""Products in a row that a store had no time for, each alone: it will have none for the next one either."""
_NO_TIME = (
    "the store had no time for it; import the file again, or raise WRITE_TIMEOUT_SECONDS if it is always this one"
)

T = TypeVar("T")
_Take: TypeAlias = Callable[[], Coroutine[Any, Any, Taken]]


@dataclass(frozen=True, kw_only=True, slots=True)
class TakeProducts:
    """Each product in a transaction of its own: together first, and those that the store had no time for alone."""

    take_product: TakeProduct
    unit_of_work: UnitOfWork
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, run: str, products: Sequence[ImportedProduct]) -> Sequence[Taken]:
        """What became of each. One that fails by itself, also as it cannot be read, is refused by name; what is the
        matter with the store, and not with the product, is raised when all have ended.
        """
        takes = [self._take(actor, run, product) for product in products]
        tasks = [asyncio.ensure_future(take()) for take in takes]
        await asyncio.gather(*tasks, return_exceptions=True)
        taken: list[Taken] = []
        in_a_row = 0
        for product, take, task in zip(products, takes, tasks, strict=True):
            try:
                taken.append(task.result() if task.exception() is None else await self._again(take, task.exception()))
                in_a_row = 0
            except StoreBusy:
                in_a_row += 1
                if in_a_row == GIVE_UP_AFTER:
                    raise
                taken.append(_no_time_for(product))
        return taken

    async def patiently(self, work: Work[T]) -> T:
        """In a transaction, also where the store asks for patience."""
        try:
            return await self.unit_of_work(work)
        except (StoreBusy, StoreUndecided, StoreUnreachable) as error:
            return await self._again(lambda: self.unit_of_work(work), error)

    def _take(self, actor: Actor, run: str, wanted: ImportedProduct) -> _Take:
        now, ids = self.clock.now(), new_ids(self.ids, wanted)

        async def take() -> Taken:
            try:
                return await self.unit_of_work(lambda: self.take_product(actor, run, wanted, ids, now))
            except (Conflict, NotFound, Rejected, ProductUnreadable) as error:
                return Taken(fate=Fate.REFUSED, refused=refusals_of(wanted, error))

        return take

    async def _again(self, act: Callable[[], Coroutine[Any, Any, T]], error: BaseException | None) -> T:
        """What a store refused that may take it in a moment; the same ids make the same things, should it have been
        taken already. Raises what the store says once patience is used up, and at once what no patience helps.
        """
        for tries in range(1, TRIES):
            if not isinstance(error, StoreBusy | StoreUndecided | StoreUnreachable):
                break
            if tries > 1 or not isinstance(error, StoreBusy):  # what it was busy with has ended by then, as a rule
                await self.clock.sleep(error.retry_after or 0.0)
            try:
                return await act()
            except Unavailable as still:
                error = still
        assert error is not None
        raise error


def _no_time_for(wanted: ImportedProduct) -> Taken:
    refusal = Refusal(row=wanted.row, handle=wanted.handle, field="Handle", message=_NO_TIME)
    return Taken(fate=Fate.REFUSED, refused=(refusal,))
