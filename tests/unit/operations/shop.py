"""A shop's catalogue and stock over the embedded store, as the acts of staff need them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from tests.unit.operations.exports import Cells, export, file_of

from shopcore.adapters.local.ids import LocalIds
from shopcore.adapters.local.wakeups import LocalWakeups
from shopcore.adapters.sqlite.audit_log import SqliteAuditLog
from shopcore.adapters.sqlite.categories import SqliteCategories
from shopcore.adapters.sqlite.database import Database, SqliteUnitOfWork
from shopcore.adapters.sqlite.jobs import SqliteJobs
from shopcore.adapters.sqlite.levels import SqliteLevels
from shopcore.adapters.sqlite.products import SqliteProducts
from shopcore.audit.use_cases.record_entry import RecordEntry
from shopcore.catalog.events import ProductChanged
from shopcore.inventory.events import StockAdjusted
from shopcore.inventory.model import StockItem
from shopcore.jobs.use_cases.publish_events import PublishEvents
from shopcore.kernel.actor import Staff
from shopcore.kernel.events import Event
from shopcore.kernel.ids import Sku
from shopcore.kernel.jobs import NewJob
from shopcore.operations.model import ImportReport
from shopcore.operations.steps.take_product import TakeProduct
from shopcore.operations.steps.take_products import TakeProducts
from shopcore.operations.use_cases.import_products import ImportProducts
from shopcore.testing.clock import ManualClock

MERCHANT = Staff(name="merchant", permissions=frozenset({"catalog:write", "inventory:write"}))


@dataclass(kw_only=True)
class Shop:
    """What a test asks about, and the import over it."""

    database: Database
    clock: ManualClock = field(default_factory=ManualClock)
    heard: list[Event] = field(default_factory=list)
    take: type[TakeProduct] = TakeProduct

    def __post_init__(self) -> None:
        self.ids = LocalIds()
        self.products = SqliteProducts(self.database)
        self.categories = SqliteCategories(self.database)
        self.levels = SqliteLevels(self.database)
        self.unit_of_work = SqliteUnitOfWork(self.database)
        self.audit_log = SqliteAuditLog(self.database)
        self.audit = RecordEntry(audit_log=self.audit_log, clock=self.clock)
        self.events = PublishEvents(
            jobs=SqliteJobs(self.database, self.ids, self.clock, LocalWakeups()),
            bindings={ProductChanged: self._hear, StockAdjusted: self._hear},
        )

    def _hear(self, event: Event) -> tuple[NewJob, ...]:
        self.heard.append(event)
        return ()

    @property
    def import_products(self) -> ImportProducts:
        take = self.take(
            products=self.products,
            categories=self.categories,
            levels=self.levels,
            events=self.events,
            audit=self.audit,
        )
        return ImportProducts(
            take_products=TakeProducts(
                take_product=take, unit_of_work=self.unit_of_work, clock=self.clock, ids=self.ids
            ),
            audit=self.audit,
            ids=self.ids,
            currency="USD",
        )

    async def take_in(self, *rows: Cells) -> ImportReport:
        """Import a file of these rows, a minute after whatever was before."""
        return await self.take_in_file(export(*rows))

    async def take_in_file(self, content: bytes) -> ImportReport:
        """The same with a file's bytes."""
        await self.clock.advance(timedelta(minutes=1).total_seconds())
        return await self.import_products(MERCHANT, file=file_of(content))

    async def stock(self, sku: str) -> StockItem:
        """The level of a SKU that is known."""
        return (await self.levels.find([Sku(sku)]))[Sku(sku)]

    async def everything(self) -> dict[str, list[tuple[object, ...]]]:
        """Every row of every table: equal before and after means that nothing at all was written."""
        return await self.database.scan(
            lambda connection: {
                name: connection.execute(f"SELECT * FROM {name}").fetchall()
                for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
            }
        )


@asynccontextmanager
async def new_shop(take: type[TakeProduct] = TakeProduct) -> AsyncIterator[Shop]:
    """An empty shop, in memory."""
    database = await Database.open()
    try:
        yield Shop(database=database, take=take)
    finally:
        await database.close()
