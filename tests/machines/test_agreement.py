"""SQLite and MongoDB are asked the same, and answer the same: alone, in units, in units that are undone."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager, suppress
from contextvars import Context
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, TypeVar

import pytest
from hypothesis import Phase, Verbosity, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from tests.contracts.stores import Store, emptied, mongo_database, mongo_store, sqlite_store
from tests.machines.agreement import ACTS, Act, acts, plain
from tests.machines.agreement_goods import STEPS

from shopcore.adapters.mongo.claims import MongoClaims
from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.listing import MongoProductListing
from shopcore.adapters.mongo.orders import MongoOrders
from shopcore.adapters.mongo.pricing_rules import MongoCoupons
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.units import Session
from shopcore.adapters.sqlite.database import Database
from shopcore.catalog.model import ProductFilter, SearchHits
from shopcore.kernel.errors import ShopError
from shopcore.kernel.paging import Position
from shopcore.ordering.errors import OrderNotFound
from shopcore.ordering.model import Order
from shopcore.ordering.ports import OrderFilter
from shopcore.testing.contracts.access import api_key

T = TypeVar("T")
Acts = Mapping[str, tuple[Any, ...]]
Spoil = Callable[[Store, MongoDatabase], Store]

SEARCH = settings(
    max_examples=300,
    stateful_step_count=20,
    phases=(Phase.generate,),
    database=None,
    deadline=None,
    verbosity=Verbosity.quiet,
)


_WAIT = 5.0  # seconds, after which a disagreement on what is a conflict shows as a store that is busy


class Undone(Exception):
    """What a unit of work raises when its caller thinks better of it."""


class Bench:
    """A loop, and a database of MongoDB that is emptied before each run: to open one takes longer than a run."""

    def __init__(self, url: str) -> None:
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self.distributed = self.run(self._stack.enter_async_context(mongo_database(url, _WAIT)))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Drive a coroutine from a rule."""
        return self._runner.run(work)

    def close(self) -> None:
        self.run(self._stack.aclose())
        self._runner.close()


class Agreement(RuleBasedStateMachine):
    """Two stores, side by side, the second of them with a bug where one is planted."""

    bench: ClassVar[Bench]
    spoil: ClassVar[Spoil]
    acts: ClassVar[Acts]
    steps: ClassVar[Acts]

    def __init__(self) -> None:
        super().__init__()
        self.embedded = self.bench.run(Database.open())
        self.bench.run(emptied(self.bench.distributed))
        distributed = mongo_store(self.bench.distributed)
        self.stores = sqlite_store(self.embedded), type(self).spoil(distributed, self.bench.distributed)
        for number in range(2):
            self.agree("keys.add", partial(with_key, number=number))

    def agree(self, name: str, act: Act) -> None:
        """Ask both, and compare."""
        embedded, distributed = (self.bench.run(answer_of(act(store))) for store in self.stores)
        assert embedded == distributed, f"{name}: {embedded}, but MongoDB: {distributed}"

    @rule(data=st.data())
    def ask(self, data: st.DataObject) -> None:
        """By itself; reservations too, whose steps a unit may not undo."""
        self.agree(*data.draw(acts({**self.acts, **self.steps})))

    @rule(data=st.data(), undone=st.booleans())
    def ask_in_a_unit(self, data: st.DataObject, *, undone: bool) -> None:
        """Some acts, of which some may be refused; then it is kept, or undone."""
        several = data.draw(st.lists(acts(self.acts), min_size=1, max_size=4))

        async def together(store: Store) -> Any:
            answers: list[Any] = []

            async def work() -> None:
                answers[:] = [await answer_of(act(store)) for _, act in several]
                if undone:
                    raise Undone

            with suppress(Undone):
                await store.unit_of_work(work)
            return answers

        self.agree(" + ".join(name for name, _ in several), together)

    def teardown(self) -> None:
        """Whatever was asked, all that can be looked at is the same."""
        try:
            for name, (act, *arguments) in self.acts.items():
                if not arguments:
                    self.agree(name, act)
            self.agree("orders", listed)
        finally:
            self.bench.run(self.embedded.close())


async def with_key(store: Store, number: int) -> None:
    await store.api_keys.add(api_key(number))


async def listed(store: Store) -> list[Order]:
    return list((await store.order_list.page(OrderFilter(), None, 100)).items)


async def answer_of(asked: Awaitable[Any]) -> Any:
    """What it says, or how it refuses."""
    try:
        return plain(await asked)
    except ShopError as error:
        return type(error).__name__, str(error)


def as_it_is(store: Store, _database: MongoDatabase) -> Store:
    return store


@contextmanager
def machine(url: str, spoil: Spoil = as_it_is, only: str = "") -> Iterator[type[Agreement]]:
    """The machine, asking only what has that in its name."""
    bench = Bench(url)
    chosen = {
        "acts": {name: act for name, act in ACTS.items() if re.search(only, name)},
        "steps": {name: act for name, act in STEPS.items() if re.search(only, name)},
    }
    try:
        yield type("Machine", (Agreement,), {"bench": bench, "spoil": staticmethod(spoil), **chosen})
    finally:
        bench.close()


def test_the_stores_agree(mongo_url: str) -> None:
    """On every answer of every repository."""
    some = settings(max_examples=15, stateful_step_count=30, deadline=None)
    with machine(mongo_url) as both:
        run_state_machine_as_test(both, settings=some)


class TrustingCoupons(MongoCoupons):
    """Look at no limit."""

    async def _require_left(self, code: str, uses: Document, session: Session) -> None:
        return


class LiteralOrders(MongoOrders):
    """Look numbers up as they are written."""

    async def get_by_number(self, number: str) -> Order:
        found = await super().get_by_number(number)
        if found.number != number:
            raise OrderNotFound
        return found


class TrustingClaims(MongoClaims):
    """Whoever reports is believed."""

    async def _set(self, field: str, value: object, key: str, owner: str) -> None:
        found = await self.find(key)
        await super()._set(field, value, key, owner if found is None else found.owner)


class FormerListing(MongoProductListing):
    """In a unit, look at what was there before it."""

    async def search(self, text: str, wanted: ProductFilter, after: Position | None, limit: int) -> SearchHits:
        search = super().search
        return await asyncio.create_task(search(text, wanted, after, limit), context=Context())


def _sealer(store: Store) -> Any:
    coupons: Any = store.coupons
    return coupons._sealer


PLANTED: dict[str, tuple[str, Spoil]] = {
    "a coupon without a limit": (
        "coupons",
        lambda store, database: replace(store, coupons=TrustingCoupons(database, _sealer(store))),
    ),
    "a number that must be written exactly": (
        "orders",
        lambda store, database: replace(store, orders=LiteralOrders(database, _sealer(store))),
    ),
    "a claim that anybody may finish": (
        "claims",
        lambda store, database: replace(store, claims=TrustingClaims(database, _sealer(store))),
    ),
    "a search that looks past its unit": (
        r"products\.(add|rename)|search",
        lambda store, database: replace(store, listing=FormerListing(database)),
    ),
}


@pytest.mark.parametrize("bug", PLANTED)
def test_the_machine_finds_planted_bugs(mongo_url: str, bug: str) -> None:
    only, spoil = PLANTED[bug]
    with machine(mongo_url, spoil, only) as both, pytest.raises((AssertionError, Flaky)):
        run_state_machine_as_test(both, settings=SEARCH)
