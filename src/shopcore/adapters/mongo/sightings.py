"""What a process has seen of the store, so that a secondary is not asked for anything older.

Causal consistency as the driver has it (mongodb.com/docs/manual/core/causal-consistency-read-write-concerns), from one
session to the others: a secondary answers once it has caught up with the time that a session brings.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from bson.timestamp import Timestamp
from pymongo import AsyncMongoClient
from pymongo.asynchronous.client_session import AsyncClientSession

from shopcore.adapters.mongo.schema.declaration import Document


class Sightings:
    """The latest time that was looked at on purpose."""

    def __init__(self, client: AsyncMongoClient[Document]) -> None:
        self._client = client
        self._operation: Timestamp | None = None
        self._cluster: Mapping[str, Any] | None = None

    @asynccontextmanager
    async def looking(self) -> AsyncIterator[AsyncClientSession]:
        """A session whose answers are remembered as seen."""
        async with self._client.start_session(causal_consistency=True) as session:
            yield session
            seen = session.operation_time
            if seen is not None and (self._operation is None or seen > self._operation):
                self._operation, self._cluster = seen, session.cluster_time

    @asynccontextmanager
    async def caught_up(self) -> AsyncIterator[AsyncClientSession]:
        """A session that is told nothing older than what was seen, whichever server answers."""
        async with self._client.start_session(causal_consistency=True) as session:
            if self._operation is not None and self._cluster is not None:
                session.advance_cluster_time(self._cluster)
                session.advance_operation_time(self._operation)
            yield session
