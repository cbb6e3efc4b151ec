"""A whole shop in MongoDB, from the inside: what the repositories keep besides what their ports tell."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from bson.int64 import Int64
from pymongo.errors import DuplicateKeyError

from shopcore.adapters.mongo.accounts import MongoAccounts
from shopcore.adapters.mongo.carts import MongoCarts
from shopcore.adapters.mongo.claims import MongoClaims
from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.documents import Codec
from shopcore.adapters.mongo.inbox import MongoInbox
from shopcore.adapters.mongo.kept_stock import KeptStockDocuments
from shopcore.adapters.mongo.oauth import MongoConsents, MongoGrants, consent_of, grant_of
from shopcore.adapters.mongo.orders import MongoOrders
from shopcore.adapters.mongo.schema.declaration import Collection, Document
from shopcore.adapters.mongo.schema.identity import ACCOUNTS, SESSIONS
from shopcore.adapters.mongo.schema.inventory import LEVELS, RESERVATIONS
from shopcore.adapters.mongo.schema.migration import VERSIONS
from shopcore.adapters.mongo.schema.oauth import OAUTH_CONSENTS, OAUTH_GRANTS
from shopcore.adapters.mongo.schema.operations import CLAIMS, INBOX, JOBS
from shopcore.adapters.mongo.schema.pricing import COUPON_REDEMPTIONS, COUPONS
from shopcore.adapters.mongo.schema.sales import ORDERS, WALLETS
from shopcore.adapters.mongo.schema.shopping import CARTS
from shopcore.adapters.mongo.sessions import MongoSessions
from shopcore.adapters.mongo.units import Session
from shopcore.adapters.mongo.wallets import MongoWallets, wallet_of
from shopcore.cart.errors import CartNotFound
from shopcore.idempotency.model import Claim
from shopcore.identity import model as identity
from shopcore.identity.errors import AccountNotFound, SessionNotFound
from shopcore.identity.model import Account
from shopcore.jobs.model import Job, JobState, due_at
from shopcore.kernel.ids import CartId, CustomerId, OrderId, SessionId
from shopcore.kernel.instants import from_micros, to_micros
from shopcore.kernel.sealing import Sealer
from shopcore.oauth.errors import GrantNotFound
from shopcore.oauth.model import ClientGrant, CodeGrant, Consent, Grant
from shopcore.operations.ports import (
    Kept,
    KeptCart,
    KeptEvent,
    KeptOrder,
    KeptRedemption,
    KeptReservation,
    KeptStock,
    Kind,
    bounded,
)
from shopcore.ordering.errors import OrderNotFound
from shopcore.payments.model import Wallet
from shopcore.payments.ports import GatewayEvent

_COLLECTIONS: Mapping[Kind, Collection] = {
    Kind.STOCK: LEVELS,
    Kind.RESERVATIONS: RESERVATIONS,
    Kind.CARTS: CARTS,
    Kind.ORDERS: ORDERS,
    Kind.REDEMPTIONS: COUPON_REDEMPTIONS,
    Kind.EVENTS: INBOX,
    Kind.CLAIMS: CLAIMS,
    Kind.JOBS: JOBS,
    Kind.ACCOUNTS: ACCOUNTS,
    Kind.SESSIONS: SESSIONS,
    Kind.CONSENTS: OAUTH_CONSENTS,
    Kind.WALLETS: WALLETS,
    Kind.GRANTS: OAUTH_GRANTS,
}
WALK = "a whole shop is read"
"""The comment of what is asked of every shard, since all of it is wanted."""

_NOTE = {"_id": "unfinished_move"}

_jobs = Codec(JOBS, Job)
_events = Codec(INBOX, GatewayEvent)


class MongoHoldings:
    """Reads and writes a shop's database whole."""

    def __init__(self, database: MongoDatabase, sealer: Sealer) -> None:
        self._database = database
        self._stock = KeptStockDocuments(database)
        self._carts = MongoCarts(database, sealer)
        self._orders = MongoOrders(database, sealer)
        self._claims = MongoClaims(database, sealer)
        self._inbox = MongoInbox(database)
        self._accounts = MongoAccounts(database, sealer)
        self._sessions = MongoSessions(database, sealer)
        self._consents = MongoConsents(database)
        self._grants = MongoGrants(database)
        self._wallets = MongoWallets(database)
        self._notes = database.collection(VERSIONS)
        self._put: Mapping[type, Callable[[Any], Awaitable[None]]] = {
            KeptCart: self._put_cart,
            KeptOrder: self._put_order,
            KeptEvent: self._put_event,
            KeptStock: self._stock.put_level,
            KeptReservation: self._stock.put_reservation,
            KeptRedemption: self._put_redemption,
            Claim: self._put_claim,
            Job: self._put_job,
            Account: self._put_account,
            identity.Session: self._put_session,
            Consent: self._put_consent,
            Wallet: self._put_wallet,
            CodeGrant: self._put_grant,
            ClientGrant: self._put_grant,
        }

    async def read(self, kind: Kind, after: str, limit: int) -> Sequence[tuple[str, Kept]]:
        """See the port."""
        collection = self._database.collection(_COLLECTIONS[kind])
        asked = {"_id": {"$gt": after}}
        found = await self._database.read(
            lambda session: collection.find(asked, comment=WALK, session=session).sort("_id").limit(limit).to_list()
        )
        return await bounded((document["_id"], self._thing(kind, document)) for document in found)

    async def put(self, things: Sequence[Kept]) -> None:
        """See the port."""
        for thing in things:
            await self._put[type(thing)](thing)

    async def note(self, text: str | None) -> None:
        """See the port."""
        note = {**_NOTE, "version": Int64(0), "note": text}
        await self._database.once(
            lambda session: (
                self._notes.delete_one(_NOTE, session=session)
                if text is None
                else self._notes.replace_one(_NOTE, note, upsert=True, session=session)
            )
        )

    async def noted(self) -> str | None:
        """See the port."""
        found = await self._database.read(lambda session: self._notes.find_one(_NOTE, session=session))
        return None if found is None else found["note"]

    async def _thing(self, kind: Kind, document: Document) -> Kept:
        match kind:
            case Kind.CARTS:
                cart = await self._carts.get(CartId(document["_id"]))
                return KeptCart(cart=cart, token_hash=document["token_hash"])
            case Kind.ORDERS:
                order = await self._orders.get(OrderId(document["_id"]))
                return KeptOrder(order=order, token_hash=document["token_hash"])
            case Kind.CLAIMS:
                claim = await self._claims.find(document["_id"])
                assert claim is not None, "it was read just now"
                return claim
            case Kind.ACCOUNTS:
                return await self._accounts.get(CustomerId(document["_id"]))
            case Kind.SESSIONS:
                return await self._sessions.get(SessionId(document["_id"]))
            case Kind.STOCK:
                return await self._stock.level(document)
            case Kind.RESERVATIONS:
                return self._stock.reservation(document)
            case _:
                return _PLAIN[kind](document)

    async def _put_cart(self, kept: KeptCart) -> None:
        try:
            await self._carts.get(kept.cart.id)
        except CartNotFound:
            await self._carts.add(kept.cart, kept.token_hash)

    async def _put_order(self, kept: KeptOrder) -> None:
        try:
            await self._orders.get(kept.order.id)
        except OrderNotFound:
            await self._orders.add(kept.order, kept.token_hash)

    async def _put_event(self, kept: KeptEvent) -> None:
        await self._inbox.store(kept.event, kept.at)

    async def _put_claim(self, claim: Claim) -> None:
        await self._claims.claim(claim, lambda old: old)

    async def _put_account(self, account: Account) -> None:
        try:
            await self._accounts.get(account.id)
        except AccountNotFound:
            await self._accounts.add(account)

    async def _put_session(self, session: identity.Session) -> None:
        try:
            await self._sessions.get(session.id)
        except SessionNotFound:
            await self._sessions.add(session)

    async def _put_consent(self, consent: Consent) -> None:
        if await self._consents.find(consent.customer_id, consent.client_id) is None:
            await self._consents.put(consent)

    async def _put_wallet(self, wallet: Wallet) -> None:
        await self._wallets.add(wallet)

    async def _put_grant(self, grant: Grant) -> None:
        try:
            await self._grants.get(grant.id)
        except GrantNotFound:
            await self._grants.add(grant)

    async def _put_redemption(self, kept: KeptRedemption) -> None:
        redemptions, coupons = (self._database.collection(each) for each in (COUPON_REDEMPTIONS, COUPONS))
        document: Document = {
            "_id": f"{kept.order_id}/{kept.code}",
            "order_id": kept.order_id,
            "code": kept.code,
            "customer": kept.customer,
            "at": Int64(to_micros(kept.at)),
        }
        if kept.customer_id is not None:
            document["customer_id"] = kept.customer_id

        async def step(session: Session) -> None:
            if await redemptions.find_one({"_id": document["_id"]}, {"_id": 1}, session=session):
                return
            await redemptions.insert_one(document, session=session)
            await coupons.update_one({"_id": kept.code}, {"$inc": {"used": Int64(1)}}, session=session)

        await self._database.write(step)

    async def _put_job(self, job: Job) -> None:
        due = due_at(job)
        document = _jobs.encode(
            job,
            due=None if due is None else to_micros(due),
            done=to_micros(job.run_at) if job.state is JobState.DONE else None,
            lease=None,
            version=1,
        )

        async def step(session: Session) -> None:
            try:
                await self._database.collection(JOBS).insert_one(document, session=session)
            except DuplicateKeyError:
                return

        await self._database.once(step)


_PLAIN: Mapping[Kind, Callable[[Document], Kept]] = {
    Kind.REDEMPTIONS: lambda document: KeptRedemption(
        order_id=OrderId(document["order_id"]),
        code=document["code"],
        customer=document["customer"],
        at=from_micros(document["at"]),
        customer_id=CustomerId(document["customer_id"]) if "customer_id" in document else None,
    ),
    Kind.EVENTS: lambda document: KeptEvent(event=_events.decode(document), at=from_micros(document["at"])),
    Kind.JOBS: _jobs.decode,
    Kind.CONSENTS: consent_of,
    Kind.WALLETS: wallet_of,
    Kind.GRANTS: grant_of,
}
