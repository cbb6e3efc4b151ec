"""Wallets in MongoDB."""

from collections.abc import Sequence

from pymongo import ReturnDocument

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.documents import Codec, upserted
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.schema.sales import WALLETS
from shopcore.adapters.mongo.units import Session
from shopcore.kernel.ids import CustomerId
from shopcore.payments.model import Wallet

_codec = Codec(WALLETS, Wallet, key="key")
wallet_of = _codec.decode


class MongoWallets:
    """Wallets by customer and gateway, which are the `_id` together."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database
        self._wallets = database.collection(WALLETS)

    async def add(self, wallet: Wallet) -> Wallet:
        """See the port."""
        key = {"_id": f"{wallet.customer_id}/{wallet.gateway}", "customer_id": wallet.customer_id}
        insert = {"$setOnInsert": _codec.encode(wallet) | key}
        after = ReturnDocument.AFTER

        async def step(session: Session) -> Document | None:
            return await self._wallets.find_one_and_update(
                key, insert, upsert=True, return_document=after, session=session
            )

        found = await self._database.once(lambda session: upserted(session, lambda: step(session)))
        assert found is not None, "it was written where there was none"
        return wallet_of(found)

    async def of_customer(self, customer_id: CustomerId) -> Sequence[Wallet]:
        """See the port."""
        wanted = {"customer_id": customer_id}
        found = await self._database.read(
            lambda session: self._wallets.find(wanted, session=session).sort("gateway").to_list()
        )
        return [wallet_of(document) for document in found]

    async def remove_all(self, customer_id: CustomerId) -> None:
        """See the port."""
        theirs = {"customer_id": customer_id}
        await self._database.once(lambda session: self._wallets.delete_many(theirs, session=session))
