"""From `STORE_URL` to a client of a store that a shop can be kept in, or a clear refusal."""

import warnings

import pymongo
from pymongo import AsyncMongoClient, ReadPreference, WriteConcern
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import ConnectionFailure, OperationFailure, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.read_preferences import SecondaryPreferred

from shopcore.adapters.mongo.answers import Answers
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
_ONE_OF_SEVERAL = (
    "{where} is one server of several, and directConnection in STORE_URL keeps the shop from finding the primary: "
    "say replicaSet={name} there instead"
)

_TOO_OLD = "{where} is older than MongoDB 6.0, which this shop needs: update it first"
_OLDEST_WIRE = 17  # what MongoDB 6.0 speaks


async def connect(url: str, *, seconds: float = OPEN_SECONDS) -> tuple[AsyncMongoClient[Document], str]:
    """A client that has reached a replica set or a mongos, and the name of the database. Raises `StoreUnusable`."""
    # Nothing that the driver says of a URL is shown: it may quote a part of the password.
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # an option that it does not know, and would go on without
            client: AsyncMongoClient[Document] = AsyncMongoClient(
                url, appname="shopcore", tz_aware=True, retryWrites=True, retryReads=True, event_listeners=[Answers()]
            )
        name = client.get_default_database(DATABASE).name
    except (PyMongoError, ValueError, TypeError, UserWarning):
        raise StoreUnusable(_WRONG_URL) from None
    try:
        await _require_transactions(client, name, hosts_of(url), seconds)
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
            if hello.get("maxWireVersion", 0) < _OLDEST_WIRE:
                raise StoreUnusable(_TOO_OLD.format(where=where))
            if _is_tied_to_one(client, hello):
                raise StoreUnusable(_ONE_OF_SEVERAL.format(where=where, name=hello["setName"]))
            await client[name].list_collection_names()  # which asks for credentials, as hello does not
    except ConnectionFailure as error:
        raise StoreUnusable(
            f"no primary answers at {where} within {seconds:g} seconds: is mongod running there, "
            "was rs.initiate() run on it, and is STORE_URL right?"
        ) from error
    except OperationFailure as error:
        raise translated(error) from error


def _is_tied_to_one(client: AsyncMongoClient[Document], hello: Document) -> bool:
    """Whether a server of a set with others is the only one that this client will ever ask, whoever is the primary."""
    others = {*hello.get("hosts", ()), *hello.get("passives", ())} - {hello.get("me")}
    return bool(others) and client.topology_description.topology_type_name == "Single"


def hosts_of(url: str) -> str:
    """The servers of a URL that the driver has read, without its user and password: found as the driver finds them,
    since a password may hold what ends the host of any other URL.
    """
    rest = url.partition("://")[2]
    return rest.partition("/" if "/" in rest else "?")[0].rpartition("@")[2]
