"""What running a shop needs from outside."""

from collections.abc import AsyncGenerator, Awaitable, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeAlias

import msgspec

from shopcore.cart.model import Cart
from shopcore.idempotency.model import Claim
from shopcore.identity.model import Account, Session
from shopcore.inventory.model import Movement, Reservation, StockItem
from shopcore.jobs.model import Job
from shopcore.kernel.ids import CustomerId, OrderId, Sku
from shopcore.oauth.model import Consent, Grant
from shopcore.operations.model import HappenedEvent, ProductRows
from shopcore.ordering.model import Order
from shopcore.payments.model import Wallet
from shopcore.payments.ports import GatewayEvent


class Allowance(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a hit may pass, and how many more may at once.

    `reset_seconds`: when refused, after how long one hit will pass if nobody else hits; when allowed, until when the
    window in progress ends.
    """

    allowed: bool
    limit: int
    remaining: int
    reset_seconds: float


class RateLimiter(Protocol):
    """Counts hits per key over a sliding window."""

    async def hit(self, key: str, limit: int, window_seconds: float, now: datetime) -> Allowance:
        """Count one hit, if it is allowed: a refused one costs nothing.

        - MUST allow at most `limit` at once, and at most twice that in any window (a sliding-window counter: the share
          of the last window that is still in sight counts as if its hits had been even).
        - MUST NOT let one key's hits count for another.
        - MUST keep to bounded memory, however many keys are invented.
        """
        ...

    async def forget(self, key: str, window_seconds: float) -> None:
        """Forget the hits of this key in windows of this length, and no others. A no-op where there are none."""
        ...


class SharedPage(msgspec.Struct, frozen=True, kw_only=True):
    """What was found: the content and how many seconds ago it was begun, or None.

    `looked_at` is the instant of the look by the time of whoever keeps the pages; None if nobody could look.
    """

    content: bytes | None = None
    age_seconds: float = 0.0
    looked_at: int | None = None


class SharedPages(Protocol):
    """Encoded pages that the servers of a shop make for each other. A cache: losing it costs time and nothing else."""

    async def find(self, key: bytes, revision: int) -> SharedPage:
        """The page of that revision of the catalogue, if some server has made it within the last second.

        - MUST NOT raise because the pages cannot be reached: then nothing was found.
        - MUST NOT tell an age that is less than the true one.
        """
        ...

    async def keep(self, key: bytes, revision: int, content: bytes, looked_at: int | None) -> None:
        """Give a page to the others, made after a look that said `looked_at`.

        - MUST forget it a second after that look, whosever clock is wrong, so that no page is ever older.
        - MUST NOT raise, and MAY keep nothing, because the pages cannot be reached or the content is too long.
        """
        ...


class EventStream(Protocol):
    """What happened, for whoever counts and draws. Bounded: the oldest events go."""

    async def append(self, events: Sequence[HappenedEvent]) -> None:
        """Add events at the end, in this order. Raises `Unavailable`; then any of them may have been added."""
        ...

    async def read(self, after: str | None, limit: int) -> Sequence[HappenedEvent]:
        """The events behind that place (None: from the oldest there is), oldest first. Raises `Unavailable`,
        or `InvalidInput` for a place that no stream gives.

        MUST NOT miss an event that was appended, unless it is gone for the bound's sake.
        """
        ...


class ProductFile(Protocol):
    """A file of products in some format. It can be read more than once, from its start."""

    async def count(self) -> int:
        """How many rows there are after the header, as `read` will count them.

        - MUST look at the whole file first, so that an import of a broken one is refused before anything is written.
        - Raises `UnreadableFile`, naming the place, for a wrong header, encoding or quoting.
        """
        ...

    def read(self, currency: str, products: int) -> AsyncGenerator[Sequence[ProductRows], None]:
        """The rows in their order, those of at most so many products at once; prices are in `currency`.

        - MUST refuse rows that break a rule by name, and take the others, also those of the same product.
        - MUST NOT give a SKU or a handle twice.
        - MUST NOT hold more than a few products at once, however long the file is.
        - MUST give descriptions that are sanitised.
        - Raises `UnreadableFile`, like `count`.
        """
        ...


class KeptCart(msgspec.Struct, frozen=True, kw_only=True):
    """A cart, and the hash that its buyer finds it by."""

    cart: Cart
    token_hash: str


class KeptOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order, and the hash that a guest shows it by."""

    order: Order
    token_hash: str


class KeptEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook that came, and when."""

    event: GatewayEvent
    at: datetime


class KeptRedemption(msgspec.Struct, frozen=True, kw_only=True):
    """One use of a coupon; `customer` is the blind index of an e-mail address, `customer_id` who was signed in."""

    order_id: OrderId
    code: str
    customer: str
    at: datetime
    customer_id: CustomerId | None = None


class KeptReservation(msgspec.Struct, frozen=True, kw_only=True):
    """A reservation, and those of its SKUs that were not tracked when it was made, so that no level counts them."""

    reservation: Reservation
    uncounted: tuple[Sku, ...] = ()


class KeptStock(msgspec.Struct, frozen=True, kw_only=True):
    """A level with all its movements, oldest first, which sum to it."""

    item: StockItem
    movements: tuple[Movement, ...] = ()


Kept: TypeAlias = (
    KeptCart
    | KeptOrder
    | KeptEvent
    | KeptRedemption
    | KeptReservation
    | KeptStock
    | Claim
    | Job
    | Account
    | Session
    | Consent
    | Wallet
    | Grant
)


class Kind(StrEnum):
    """What a store keeps that the ports of the features do not tell in full."""

    STOCK = "stock"
    RESERVATIONS = "reservations"
    CARTS = "carts"
    ORDERS = "orders"
    REDEMPTIONS = "redemptions"
    EVENTS = "events"
    CLAIMS = "claims"
    JOBS = "jobs"
    ACCOUNTS = "accounts"
    SESSIONS = "sessions"
    CONSENTS = "consents"
    WALLETS = "wallets"
    GRANTS = "grants"


MANY_MOVEMENTS = 10_000
"""Of stock, read at once: a level more, and they are this many."""


async def bounded(found: Iterable[tuple[str, Awaitable[Kept]]]) -> list[tuple[str, Kept]]:
    """What `Holdings.read` gives of what it has found: things as they are read, until their movements are many."""
    read: list[tuple[str, Kept]] = []
    movements = 0
    for key, coming in found:
        thing = await coming
        read.append((key, thing))
        movements += len(thing.movements) if isinstance(thing, KeptStock) else 0
        if movements >= MANY_MOVEMENTS:
            break
    return read


class Holdings(Protocol):
    """A store from the inside: for moving a whole shop from one store to another, while nobody uses either."""

    async def read(self, kind: Kind, after: str, limit: int) -> Sequence[tuple[str, Kept]]:
        """At most so many of a kind, with their keys, those that come after a key; sorted by key, byte by byte. None
        only where there are no more.

        MUST end early with the level by which the movements are `MANY_MOVEMENTS`: a level has as many as its SKU has
        been sold, and a hundred such would be more than memory holds.
        """
        ...

    async def put(self, things: Sequence[Kept]) -> None:
        """Keep these as they are, atomically each; what is there already under its key is left alone.

        MUST NOT need one transaction for all movements of a level; where it is broken off between, there is no level.
        A level MUST come before the reservations of its SKU, and a coupon before its redemptions.
        """
        ...

    async def note(self, text: str | None) -> None:
        """Write down how far a move into this store has come; None once it is done. There is one note."""
        ...

    async def noted(self) -> str | None:
        """The note of a move that is not done. A store that has one is no shop yet."""
        ...
