"""One transaction of the store, as a port."""

from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeAlias, TypeVar

T = TypeVar("T")
Work: TypeAlias = Callable[[], Coroutine[Any, Any, T]]
"""A body that may be run more than once, so it must read everything it decides on inside itself."""


class UnitOfWork(Protocol):
    """Runs work in one transaction; repositories called inside it join it by themselves."""

    async def __call__(self, work: Work[T]) -> T:
        """Run `work` atomically and return what it returned.

        - MUST apply all of its writes or none: an exception from `work` undoes them and is raised unchanged.
        - MUST NOT return before the writes are durable.
        - MUST run `work` again, from the start, after a transient conflict of the store.
        - MUST join the transaction in progress when called inside another unit of work; then the outer one decides,
          also when it catches what the inner one raised: there is no undoing of a part.
        - MUST run `work` with the context variables of its caller.
        - `work` touches the store and nothing else: awaiting anything else inside is a programming error that
          adapters may refuse with `RuntimeError`; then nothing was applied.
        - A caller that is cancelled does not learn whether all of it was applied or nothing.
        - Raises `Unavailable` when the store cannot take the write; then nothing was applied. The one exception is
          `StoreUndecided`: contact was lost during the commit, and all of it was applied or nothing.
        """
        ...

    async def in_order(self, *works: Work[object]) -> None:
        """Run steps one after the other and then, as the last work, a unit: in one transaction, where the store can
        hold them all.

        A store that cannot (MongoDB, for stock) runs only the last as a transaction. Each call that a step before it
        makes to the store stands by itself, so a crash may fall between any two of them: a step MUST go on from
        wherever it was cut off, and the caller undoes the steps when what follows is refused. Where they did share a
        transaction, that undoing finds nothing and is a no-op.
        """
        ...
