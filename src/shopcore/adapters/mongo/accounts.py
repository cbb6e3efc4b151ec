"""Accounts in MongoDB, sealed whole; an address is looked up by its blind indexes, in a collection of its own."""

from collections.abc import Callable
from datetime import datetime

import msgspec
from bson.int64 import Int64

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.errors import TryAgain
from shopcore.adapters.mongo.held_keys import require_keys
from shopcore.adapters.mongo.paging import after, sliced
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.schema.identity import ACCOUNT_EMAILS, ACCOUNTS, PASSKEYS
from shopcore.adapters.mongo.units import Session
from shopcore.identity.errors import AccountNotFound, EmailTaken, PasskeyTaken
from shopcore.identity.model import Account
from shopcore.identity.model.accounts import unverified_since
from shopcore.kernel.ids import CustomerId
from shopcore.kernel.instants import to_micros
from shopcore.kernel.paging import Position, Slice
from shopcore.kernel.sealing import Sealer, token_hash

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Account).decode


class MongoAccounts:
    """Accounts by id and by e-mail address."""

    def __init__(self, database: MongoDatabase, sealer: Sealer) -> None:
        self._database = database
        self._accounts = database.collection(ACCOUNTS)
        self._emails = database.collection(ACCOUNT_EMAILS)
        self._passkeys = database.collection(PASSKEYS)
        self._sealer = sealer

    async def add(self, account: Account) -> None:
        """See the port."""
        document = self._document(account)

        async def step(session: Session) -> None:
            await self._require_free(_credentials(account), session)
            await require_keys(self._database, self._sealer.index_keys, account.id, session)
            await self._take(document, session)
            await self._move_passkeys(account.id, frozenset(), _credentials(account), session)
            await self._accounts.insert_one(document, session=session)

        await self._database.write(step)

    async def update(self, customer_id: CustomerId, change: Callable[[Account], Account]) -> Account:
        """See the port. In a transaction always: an address moves in two collections, and so does a passkey."""

        async def step(session: Session) -> Account:
            found = await self._accounts.find_one({"_id": customer_id}, session=session)
            if found is None:
                raise AccountNotFound
            old = self._account(found)
            new = change(old)
            if new == old:
                return old
            new = msgspec.structs.replace(new, id=old.id, version=old.version + 1)
            document, before, after = self._document(new), _credentials(old), _credentials(new)
            await self._require_free(after - before, session)
            if new.email != old.email:
                await require_keys(self._database, self._sealer.index_keys, new.id, session)
                await self._take(document, session)
                await self._free(found, session)
            else:  # as it was written, whatever keys this process holds
                document["emails"] = entries_of(found)
            await self._move_passkeys(new.id, before, after, session)
            guard = {name: found[name] for name in ("_id", "version", "sealed")}
            if (await self._accounts.replace_one(guard, document, session=session)).matched_count == 0:
                raise TryAgain
            return new

        return await self._database.run(lambda: self._database.guarded(ACCOUNTS, customer_id, step))

    async def get(self, customer_id: CustomerId) -> Account:
        """See the port."""
        found = await self._database.read(
            lambda session: self._accounts.find_one({"_id": customer_id}, session=session)
        )
        if found is None:
            raise AccountNotFound
        return self._account(found)

    async def find_by_email(self, email: str) -> Account | None:
        """See the port."""
        return await self.find_by_key(self.key_of(email))

    def key_of(self, email: str) -> str:
        """See the port."""
        return ".".join(self._sealer.blind_indexes(email, "accounts/email"))

    async def find_by_key(self, key: str) -> Account | None:
        """See the port."""

        async def step(session: Session) -> Document | None:
            named = await self._emails.find_one({"_id": {"$in": key.split(".")}}, session=session)
            return named and await self._accounts.find_one({"_id": named["account_id"]}, session=session)

        found = await self._database.read(step)
        return None if found is None else self._account(found)

    async def page(self, before: Position | None, limit: int) -> Slice[Account]:
        """See the port."""
        keys = ("-_id",)
        found = await self._database.read(
            lambda session: (
                self._accounts.find(after(keys, before), session=session).sort("_id", -1).limit(limit + 1).to_list()
            )
        )
        return sliced(found, keys, limit, self._account)

    async def remove(self, customer_id: CustomerId) -> None:
        """See the port."""

        async def step(session: Session) -> None:
            removed = await self._accounts.find_one_and_delete({"_id": customer_id}, session=session)
            if removed is not None:
                await self._free(removed, session)
                await self._move_passkeys(customer_id, _credentials(self._account(removed)), frozenset(), session)

        await self._database.write(step)

    async def date_waiting(self, limit: int) -> int:
        """See the port."""

        async def step(session: Session) -> int:
            found = await self._accounts.find({"undated": True}, session=session).limit(limit).to_list()
            for document in found:
                dated = {"$set": waiting} if (waiting := _waiting(self._account(document))) else {}
                change = {"$unset": {"undated": ""}, **dated}
                await self._accounts.update_one({"_id": document["_id"]}, change, session=session)
            return len(found)

        return await self._database.write(step)

    async def remove_unverified(self, until: datetime, limit: int) -> int:
        """See the port. Whoever verifies one at the same moment writes the same document."""
        waiting = {"unverified_since": {"$lte": to_micros(until)}}

        async def step(session: Session) -> int:
            oldest = self._accounts.find(waiting, session=session).sort("unverified_since").limit(limit)
            found = await oldest.to_list()
            ids = [document["_id"] for document in found]
            entries = [entry for document in found for entry in entries_of(document)]
            await self._emails.delete_many({"_id": {"$in": entries}}, session=session)
            return (await self._accounts.delete_many({"_id": {"$in": ids}}, session=session)).deleted_count

        return await self._database.write(step)

    async def _take(self, document: Document, session: Session) -> None:
        """Looked for first: inside a transaction the server gives up on the whole of it at a duplicate."""
        if await self._emails.find_one({"_id": {"$in": document["emails"]}}, session=session) is not None:
            raise EmailTaken
        entries = [{"_id": entry, "account_id": document["_id"]} for entry in document["emails"]]
        await self._emails.insert_many(entries, session=session)

    async def _free(self, document: Document, session: Session) -> None:
        await self._emails.delete_many({"_id": {"$in": entries_of(document)}}, session=session)

    async def _require_free(self, credentials: frozenset[str], session: Session) -> None:
        """Before anything is written, so that whoever catches the refusal can go on."""
        for credential in sorted(credentials):
            if await self._passkeys.find_one({"_id": credential}, session=session) is not None:
                raise PasskeyTaken

    async def _move_passkeys(self, account_id: str, old: frozenset[str], new: frozenset[str], session: Session) -> None:
        for credential in sorted(old - new):
            await self._passkeys.delete_one({"_id": credential}, session=session)
        for credential in sorted(new - old):
            await self._passkeys.insert_one({"_id": credential, "account_id": account_id}, session=session)

    def _account(self, document: Document) -> Account:
        return _decode(self._sealer.unseal(document["sealed"], _context(document["_id"])))

    def _document(self, account: Account) -> Document:
        return {
            "_id": account.id,
            "emails": list(self._sealer.blind_indexes(account.email, "accounts/email")),
            "version": Int64(account.version),
            "sealed": self._sealer.seal(_encode(account), _context(account.id)),
            **_waiting(account),
        }


def _waiting(account: Account) -> Document:
    since = unverified_since(account)
    return {} if since is None else {"unverified_since": Int64(to_micros(since))}


def entries_of(document: Document) -> list[str]:
    """What an account is found by; one that was written before there were several keys has one entry."""
    emails: list[str] = document["emails"] if "emails" in document else [document["email"]]
    return emails


def _credentials(account: Account) -> frozenset[str]:
    """By digest: an id may be a thousand bytes long, and has random bits enough not to be guessed from one."""
    return frozenset(token_hash(passkey.credential) for passkey in account.passkeys)


def _context(account_id: str) -> str:
    return f"accounts/{account_id}/account"
