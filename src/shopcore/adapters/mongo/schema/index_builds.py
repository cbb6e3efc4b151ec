"""Indexes, built while a shop sells from the collection, for as long as it takes.

A deadline would undo hours of work: the server aborts a build whose command runs out of its time. So the command has
none. It is looked after instead, and told of. Where its connection or the primary is lost, the build goes on by itself
(mongodb.com/docs/manual/core/index-creation, replicated environments); whoever asks for it again waits for the same.
"""

import asyncio
import time
from collections.abc import Sequence

import pymongo
import structlog
from pymongo import IndexModel
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import OperationFailure, PyMongoError

from shopcore.adapters.mongo.errors import UNAUTHORIZED, is_lost
from shopcore.adapters.mongo.schema.declaration import Collection, Document, Index

QUORUM = "majority"
"""Who must be ready before an index counts. Unless told otherwise the server waits for all members, also for one that
is down; one that comes late builds it then.
"""
LOOK_EVERY = 5.0  # seconds

_log = structlog.get_logger("shopcore")


def index_model(index: Index) -> IndexModel:
    """The index as the driver makes it."""
    partial = {} if index.only is None else {"partialFilterExpression": index.only}
    return IndexModel(index.spec, name=index.name, unique=index.unique, **partial)


class IndexBuilds:
    """Builds what is declared; safe to run again, and by several at once. `silence` is how many seconds the store may
    not answer before it is given up for now.
    """

    def __init__(self, database: AsyncDatabase[Document], silence: float, look_every: float = LOOK_EVERY) -> None:
        self._database = database
        self._silence = silence
        self._look_every = look_every

    async def build(self, declared: Collection) -> None:
        """All indexes of a collection. Raises the driver's errors, once the store is silent or refuses."""
        models = [index_model(index) for index in declared.indexes]
        if not models:
            return
        heard = begun = time.monotonic()
        task = self._ask(declared, models)
        try:
            while True:
                done, _ = await asyncio.wait({task}, timeout=self._look_every)
                error = task.exception() if done else await self._look(declared, time.monotonic() - begun)
                if error is None and done:
                    return
                if error is None:
                    heard = time.monotonic()
                elif not is_lost(error) or time.monotonic() - heard >= self._silence:
                    raise error
                if done:
                    await asyncio.sleep(self._look_every / 10)
                    task = self._ask(declared, models)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _ask(self, declared: Collection, models: Sequence[IndexModel]) -> "asyncio.Task[list[str]]":
        return asyncio.ensure_future(self._database[declared.name].create_indexes(models, commitQuorum=QUORUM))

    async def _look(self, declared: Collection, seconds: float) -> PyMongoError | None:
        """Say what is waited for; what went wrong, where the store does not answer."""
        try:
            with pymongo.timeout(self._silence):
                building = await self._building(declared)
                progress = await self._progress(declared)
        except PyMongoError as error:
            return error
        waited = round(seconds)
        _log.info(
            "index_build_waited_for", collection=declared.name, indexes=building, progress=progress, seconds=waited
        )
        return None

    async def _building(self, declared: Collection) -> list[str]:
        """Those that are under way: `listIndexes` tells with each whether it is ready."""
        asked = {"listIndexes": declared.name, "includeIndexBuildInfo": True, "cursor": {"batchSize": 1_000}}
        found = await self._database.command(asked)
        return [each["spec"]["name"] for each in found["cursor"]["firstBatch"] if "indexBuildInfo" in each]

    async def _progress(self, declared: Collection) -> str | None:
        """How far the server says it is; None where the shop's user may not ask that (it needs `clusterMonitor`)."""
        namespace = f"{self._database.name}.{declared.name}"
        asked: Document = {"ns": namespace, "msg": {"$regex": "^Index Build"}}
        steps: list[Document] = [{"$currentOp": {"allUsers": True}}, {"$match": asked}, {"$project": {"msg": 1}}]
        try:
            async with await self._database.client.admin.aggregate(steps) as cursor:
                found = await cursor.to_list()
        except OperationFailure as error:
            if error.code != UNAUTHORIZED:
                raise
            return None
        return str(found[0]["msg"]) if found else None
