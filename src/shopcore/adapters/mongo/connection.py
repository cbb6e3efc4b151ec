"""From `STORE_URL` to a client of a store that a shop can be kept in, or a clear refusal."""

import warnings
from contextlib import suppress
from urllib.parse import urlsplit

import pymongo
from pymongo import AsyncMongoClient, ReadPreference, WriteConcern
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import ConnectionFailure, OperationFailure, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.read_preferences import SecondaryPreferred

from shopcore.adapters.mongo.errors import translated
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.kernel.stores import StoreUnusable

DURABLE = WriteConcern("majority", j=True)
"""A write is confirmed once it is on the disks of a majority: no failover takes it back."""

PAST = SecondaryPreferred(max_staleness=120)
"""For lists and reports, which leave the primary to who buys. One that lags further behind is not asked."""

DATABASE = "shop"  # where the URL names none
OPEN_SECONDS = 5.0

_WRONG_URL = "STORE_URL must be mongodb://[user:password@]host[:port][,...][/database][?options]"
_STANDALONE = (
    "{where} is a standalone server, without transactions: "
    "start mongod with --replSet <name>, and run rs.initiate() on it"
)


async def connect(url: str, *, seconds: float = OPEN_SECONDS) -> tuple[AsyncMongoClient[Document], str]:
    """A client that has reached a replica set or a mongos, and the name of the database. Raises `StoreUnusable`."""
    # Nothing that the driver says of a URL is shown: it may quote a part of the password.
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # an option that it does not know, and would go on without
            client: AsyncMongoClient[Document] = AsyncMongoClient(
                url, appname="shopcore", tz_aware=True, retryWrites=True, retryReads=True
            )
        name = client.get_default_database(DATABASE).name
    except (PyMongoError, ValueError, TypeError, UserWarning):
        raise StoreUnusable(_WRONG_URL) from None
    try:
        await _require_transactions(client, name, _hosts(url), seconds)
    except BaseException:
        await client.close()
        raise
    return client, name


def prepare(client: AsyncMongoClient[Document], name: str) -> AsyncDatabase[Document]:
    """The database with the concerns that money needs, whatever the URL says."""
    return client.get_database(
        name,
        read_concern=ReadConcern("majority"),
        write_concern=DURABLE,
        read_preference=ReadPreference.PRIMARY,
    )


async def _require_transactions(client: AsyncMongoClient[Document], name: str, where: str, seconds: float) -> None:
    try:
        with pymongo.timeout(seconds):
            hello = await client.admin.command("hello")
            if "setName" not in hello and hello.get("msg") != "isdbgrid":
                raise StoreUnusable(_STANDALONE.format(where=where))
            await client[name].list_collection_names()  # which asks for credentials, as hello does not
    except ConnectionFailure as error:
        raise StoreUnusable(
            f"no primary answers at {where} within {seconds:g} seconds: is mongod running there, "
            "was rs.initiate() run on it, and is STORE_URL right?"
        ) from error
    except OperationFailure as error:
        raise translated(error) from error


def _hosts(url: str) -> str:
    """The servers of a URL, without its user and password."""
    with suppress(ValueError):
        return urlsplit(url).netloc.rpartition("@")[2]
    return "STORE_URL"
