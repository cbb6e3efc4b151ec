"""The log is written in the transaction of the act, read by those who may, and names what was altered."""

import asyncio
import hashlib
import sqlite3
from collections.abc import AsyncIterator

import msgspec
import pytest
from msgspec import UNSET
from tests.contracts.stores import Store, sqlite_store

from shopcore.adapters.local.keys import new_key_ring
from shopcore.adapters.local.sealing import HmacSigner
from shopcore.adapters.sqlite.database import Database
from shopcore.audit.model import GENESIS, Entry, Verification, chain
from shopcore.audit.use_cases.list_entries import ListEntries
from shopcore.audit.use_cases.record_entry import RecordEntry
from shopcore.audit.use_cases.verify_log import VerifyLog
from shopcore.kernel.actor import Customer, Guest, Staff
from shopcore.kernel.correlation import correlation_id, origin
from shopcore.kernel.errors import Forbidden, ShopError, Unauthenticated, Unavailable
from shopcore.kernel.ids import CustomerId
from shopcore.kernel.paging import InvalidCursor

pytestmark = pytest.mark.anyio

CLERK = Staff(name="clerk", permissions=frozenset({"stock:write"}))
AUDITOR = Staff(name="auditor", permissions=frozenset({"audit:read"}))


@pytest.fixture
async def database() -> AsyncIterator[Database]:
    """An empty store in memory."""
    opened = await Database.open()
    yield opened
    await opened.close()


@pytest.fixture
def store(database: Database) -> Store:
    return sqlite_store(database)


@pytest.fixture
def audit(store: Store) -> RecordEntry:
    return RecordEntry(audit_log=store.audit_log, clock=store.clock)


async def adjust(store: Store, audit: RecordEntry, on_hand: int) -> None:
    """Something that is written down."""
    await store.unit_of_work(
        lambda: audit.record(CLERK, "stock.adjust", "sku:SHIRT", before={}, after={"on_hand": str(on_hand)})
    )


async def test_an_act_is_written_down(store: Store, audit: RecordEntry) -> None:
    """Who, what, of what, from what to what, because of which request."""
    token = correlation_id.set("request-1")
    await adjust(store, audit, 5)
    correlation_id.reset(token)

    entry = await store.audit_log.last()
    assert entry is not None
    assert (entry.sequence, entry.at, entry.actor) == (1, store.clock.now(), "staff:clerk")
    assert (entry.action, entry.subject, entry.after) == ("stock.adjust", "sku:SHIRT", {"on_hand": "5"})
    assert entry.correlation_id == "request-1"


async def test_acts_at_one_moment_make_one_chain(store: Store, audit: RecordEntry) -> None:
    """Each in its own transaction; none is refused, none is lost."""
    await asyncio.gather(*(adjust(store, audit, number) for number in range(20)))

    last = await store.audit_log.last()
    assert last is not None
    assert await VerifyLog(audit_log=store.audit_log)(AUDITOR) == Verification(entries=20, digest=last.digest)


async def test_an_undone_act_is_not_written_down(store: Store, audit: RecordEntry) -> None:
    """The entry and what it tells of are one transaction."""

    async def work() -> None:
        await audit.record(CLERK, "stock.adjust", "sku:SHIRT", before={}, after={})
        raise Unavailable("undone")

    with pytest.raises(Unavailable):
        await store.unit_of_work(work)
    assert await store.audit_log.last() is None


async def test_an_altered_entry_is_named(database: Database, store: Store, audit: RecordEntry) -> None:
    """By somebody with the file and without a conscience: the store's own guard is out of the way."""
    for number in range(5):
        await adjust(store, audit, number)
    entry = (await store.audit_log.page((2,), 1)).items[0]
    forged = msgspec.json.encode(msgspec.structs.replace(entry, after={"on_hand": "500"}))

    await database.write(lambda connection: connection.execute("DROP TRIGGER audit_entries_are_final"))
    await database.write(
        lambda connection: connection.execute("UPDATE audit_entries SET body = ? WHERE sequence = 3", (forged,))
    )

    found = await VerifyLog(audit_log=store.audit_log)(AUDITOR)
    assert (found.first_altered, found.entries) == (3, 2)


async def test_a_removed_entry_is_named(database: Database, store: Store, audit: RecordEntry) -> None:
    """By the place where it was."""
    for number in range(5):
        await adjust(store, audit, number)
    await database.write(lambda connection: connection.execute("DROP TRIGGER audit_entries_stay"))
    await database.write(lambda connection: connection.execute("DELETE FROM audit_entries WHERE sequence = 2"))

    assert (await VerifyLog(audit_log=store.audit_log)(AUDITOR)).first_altered == 2


async def test_a_long_log_is_verified_to_its_end(database: Database, store: Store, audit: RecordEntry) -> None:
    """More than fit into one page."""

    async def work() -> None:
        for number in range(2_500):
            await audit.record(CLERK, "stock.adjust", "sku:SHIRT", before={}, after={"on_hand": str(number)})

    await store.unit_of_work(work)
    verify = VerifyLog(audit_log=store.audit_log)
    assert (await verify(AUDITOR)).entries == 2_500

    await database.write(lambda connection: connection.execute("DROP TRIGGER audit_entries_stay"))
    await database.write(lambda connection: connection.execute("DELETE FROM audit_entries WHERE sequence = 2400"))
    assert (await verify(AUDITOR)).first_altered == 2_400


async def test_an_entry_says_from_where_and_quotes_no_customer(store: Store, audit: RecordEntry) -> None:
    """The surroundings of the address, as the edge says them; a reason in words may have held an e-mail address."""
    token = origin.set("198.51.100.0/24")
    await store.unit_of_work(
        lambda: audit.record(
            CLERK, "cancel_order", "order:o1", before={}, after={"reason": "asked by <ada@example.org>, twice"}
        )
    )
    origin.reset(token)
    await adjust(store, audit, 5)

    by_request, by_itself = (await store.audit_log.page(None, 2)).items
    assert by_request.origin == "198.51.100.0/24"
    assert by_request.after == {"reason": "asked by <***@***>, twice"}
    assert by_itself.origin is UNSET
    assert (await VerifyLog(audit_log=store.audit_log)(AUDITOR)).entries == 2


async def test_entries_from_before_there_was_an_origin_are_intact(database: Database, store: Store) -> None:
    """Their digest does not change with a version that knows more."""
    entry = Entry(
        sequence=1,
        at=store.clock.now(),
        actor="staff:clerk",
        action="a",
        subject="s",
        before={},
        after={},
        correlation_id="",
        previous=GENESIS,
    )
    body = (
        b'{"sequence":1,"at":"%s","actor":"staff:clerk","action":"a","subject":"s","before":{},"after":{},'
        b'"correlation_id":"","previous":"%s","digest":""}'
    ) % (store.clock.now().isoformat().replace("+00:00", "Z").encode(), GENESIS.encode())

    assert chain(entry).digest == hashlib.sha256(body).hexdigest()


async def test_the_log_is_read_newest_first(store: Store, audit: RecordEntry) -> None:
    """A page at a time."""
    for number in range(5):
        await adjust(store, audit, number)
    listing = ListEntries(audit_log=store.audit_log, signer=HmacSigner(new_key_ring()))

    first = await listing(AUDITOR, limit=3)
    rest = await listing(AUDITOR, limit=3, cursor=first.next_cursor)

    entries: list[Entry] = [*first.items, *rest.items]
    assert [entry.sequence for entry in entries] == [5, 4, 3, 2, 1]
    assert rest.next_cursor is None
    with pytest.raises(InvalidCursor):
        await listing(AUDITOR, cursor="made-up")


@pytest.mark.parametrize(
    ("actor", "refusal"),
    [(Guest(), Unauthenticated), (Customer(customer_id=CustomerId("c1")), Forbidden), (CLERK, Forbidden)],
)
async def test_the_log_is_for_auditors(store: Store, actor: Guest | Customer | Staff, refusal: type[ShopError]) -> None:
    """Not for those whose acts it holds."""
    with pytest.raises(refusal):
        await VerifyLog(audit_log=store.audit_log)(actor)
    with pytest.raises(refusal):
        await ListEntries(audit_log=store.audit_log, signer=HmacSigner(new_key_ring()))(actor)


@pytest.mark.parametrize("body", [b"", b"{", b'{"sequence": 2}', b"\xff\xfe"])
async def test_an_entry_that_was_written_over_is_named(
    body: bytes, database: Database, store: Store, audit: RecordEntry
) -> None:
    """Whoever has the file can switch the guards of the store off; what they leave is named, even if it is noise."""
    for number in range(3):
        await adjust(store, audit, number)

    def write_over(connection: sqlite3.Connection) -> None:
        connection.execute("DROP TRIGGER audit_entries_are_final")
        connection.execute("UPDATE audit_entries SET body = ? WHERE sequence = 2", (body,))

    await database.write(write_over)

    assert (await VerifyLog(audit_log=store.audit_log)(AUDITOR)).first_altered == 2
