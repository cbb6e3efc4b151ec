"""Between structs and documents."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Generic, TypeAlias, TypeVar

import msgspec
from bson.int64 import Int64
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError

from shopcore.adapters.mongo.calls import Step
from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.errors import TryAgain
from shopcore.adapters.mongo.schema.declaration import Collection, Document
from shopcore.adapters.mongo.units import Session
from shopcore.adapters.mongo.young import Young
from shopcore.kernel.errors import ShopError
from shopcore.kernel.stores import StoreUnusable

T = TypeVar("T", bound=msgspec.Struct)
Refusals: TypeAlias = Mapping[str, Callable[[], ShopError]]
"""The field of a unique index, and the answer to one who wants its value a second time."""


A = TypeVar("A")


async def upserted(session: Session, statement: Callable[[], Awaitable[A]]) -> A:
    """An upsert whose condition names more than the unique field: of two at one moment the server refuses the later one
    as a duplicate, and does not try again by itself (mongodb.com/docs/manual/reference/method/db.collection.update:
    upsert with duplicate values). Asked again, it finds what is there. In a transaction the whole is tried again.
    """
    try:
        return await statement()
    except DuplicateKeyError:
        if session is not None:
            raise
        return await statement()


class Codec(Generic[T]):
    """One kind of struct as documents of one collection; its field `key` is the document's `_id`.

    Every number is a 64-bit one, times inside are text in RFC 3339, to the microsecond. What is queried by time has a
    field of its own, in microseconds (`kernel.instants`).
    """

    def __init__(self, declared: Collection, kind: type[T], *, key: str = "id") -> None:
        self._declared = declared
        self._kind = kind
        self._key = key

    def encode(self, value: T | Mapping[str, object], **fields: object) -> Document:
        """The document of a struct or of its fields, with further ones or others instead."""
        document: Document = msgspec.to_builtins(value, builtin_types=(bytes,)) | fields
        if self._key in document:
            document["_id"] = document.pop(self._key)
        return {name: _stored(each) for name, each in document.items()}

    def decode(self, document: Document) -> T:
        """The struct again; fields that it does not have are passed over. Raises `StoreUnusable` where a document was
        changed by hand into something else.
        """
        fields = {**document, self._key: document["_id"]}
        try:
            return msgspec.convert(fields, self._kind)
        except msgspec.ValidationError as error:
            name = f"{self._declared.name}/{document['_id']}"
            raise StoreUnusable(f"{name} is not what a shop wrote ({error}); mend it, or restore it") from error


async def insert(
    collection: AsyncCollection[Document], document: Document, session: Session, refusals: Refusals
) -> None:
    """Add a document, or raise what `refusals` say of a unique field whose value is taken.

    Inside a transaction the server gives up on the whole of it at a duplicate, so it is looked for first: who catches
    the refusal can go on in its unit.
    """
    if session is not None:
        for name, refusal in refusals.items():
            if await collection.find_one({name: document[name]}, {"_id": 1}, session=session):
                raise refusal()
    try:
        await collection.insert_one(document, session=session)
    except DuplicateKeyError as error:
        names = list((error.details or {}).get("keyPattern", {}))
        if session is not None or not names or names[0] not in refusals:
            raise
        refusal = refusals[names[0]]
        raise refusal() from error


async def add_once(database: MongoDatabase, collection: AsyncCollection[Document], document: Document) -> bool:
    """Whether it is new, by its `_id`; what is there stays as it is. It is looked for first: inside a transaction the
    server gives up on all of it at a duplicate, and the unit begins again.
    """
    name = document["_id"]

    async def step(session: Session) -> bool:
        if session is not None and await collection.find_one({"_id": name}, {"_id": 1}, session=session):
            return False
        try:
            await collection.insert_one(document, session=session)
        except DuplicateKeyError:
            if session is not None:
                raise
            return False
        return True

    return await database.once(step)


async def replace(
    database: MongoDatabase,
    declared: Collection,
    document_id: str,
    change: Callable[[Document | None], Document | None],
    *,
    find: Step[Document | None] | None = None,
    young: Young | None = None,
) -> None:
    """Replace a document by what `change` makes of it, unless that is None. `change` is given None where there is no
    such document, and counts the field `version` up, by which two writers notice each other. `find` looks for it where
    the id alone does not say on which shard it is. One that is `young` is not looked for: what was written a moment ago
    is what is there, or the guard finds out.
    """
    collection = database.collection(declared)

    async def by_id(session: Session) -> Document | None:
        return await collection.find_one({"_id": document_id}, session=session)

    # Also by what is sealed: a change of keys seals it anew, and leaves the version to those who change the thing.
    names = ("_id", "version", "sealed") if "sealed" in declared.fields else ("_id", "version")

    async def is_put(new: Document, old: Document, session: Session) -> bool:
        guard = {name: old[name] for name in (*names, *declared.shard_key)}
        return (await collection.replace_one(guard, new, session=session)).matched_count > 0

    async def step(session: Session) -> None:
        if young is not None and (guess := young.take(document_id)) is not None:
            with suppress(ShopError):  # who is to be refused, or nothing to be done, is decided on what is there
                new = change(guess)
                if new is not None and await is_put(new, guess, session):
                    return
        old = await (find or by_id)(session)
        new = change(old)
        if old is not None and new is not None and not await is_put(new, old, session):
            raise TryAgain

    await database.guarded(declared, document_id, step)


def _stored(value: Any) -> Any:
    if type(value) is int:
        return Int64(value)
    if isinstance(value, dict):
        return {key: _stored(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_stored(each) for each in value]
    return value
