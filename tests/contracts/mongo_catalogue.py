"""A catalogue in MongoDB, and what a page of it looks at."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pymongo.asynchronous.database import AsyncDatabase
from tests.contracts.stores import Store, mongo_database, mongo_store

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.listing import index_of, page_steps
from shopcore.adapters.mongo.schema.catalog import LISTED
from shopcore.catalog.model import (
    ProductFilter,
    ProductSort,
)
from shopcore.kernel.paging import Position


@pytest.fixture
async def database(mongo_url: str) -> AsyncIterator[MongoDatabase]:
    async with mongo_database(mongo_url) as opened:
        yield opened


@pytest.fixture
def mongo(database: MongoDatabase) -> Store:
    return mongo_store(database)


async def explained(
    server: AsyncDatabase[Any], wanted: ProductFilter, sort: ProductSort, steps: list[dict[str, Any]]
) -> Any:
    """The plan of a page, and what it looked at."""
    command = {"aggregate": LISTED.name, "pipeline": steps, "cursor": {}, "hint": index_of(sort, wanted)}
    plan = await server.command({"explain": command, "verbosity": "executionStats"})
    return plan["stages"][0]["$cursor"]


async def examined(server: AsyncDatabase[Any], wanted: ProductFilter, sort: ProductSort, after: Position | None) -> int:
    """The keys that a page of five has to look at."""
    plan = await explained(server, wanted, sort, page_steps(wanted, sort, after, 5))
    keys: int = plan["executionStats"]["totalKeysExamined"]
    return keys
