"""The log is written in the transaction of the act, read by those who may, and names what was altered."""

import asyncio
import hashlib
import sqlite3
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from msgspec import UNSET
from tests.contracts.stores import Store, sqlite_store

from shopcore.adapters.local.keys import new_key_ring
from shopcore.adapters.local.sealing import HmacSigner
from shopcore.adapters.sqlite.database import Database
from shopcore.audit.model import GENESIS, Entry, EntryFilter, Verification, chain
from shopcore.audit.use_cases.list_entries import ListEntries
from shopcore.audit.use_cases.record_entry import RecordEntry
from shopcore.audit.use_cases.verify_log import VerifyLog
from shopcore.kernel.actor import Actor, App, Customer, Guest, Staff
from shopcore.kernel.correlation import correlation_id, origin
from shopcore.kernel.errors import Forbidden, ShopError, Unauthenticated, Unavailable
from shopcore.kernel.ids import CustomerId
from shopcore.kernel.paging import InvalidCursor

pytestmark = pytest.mark.anyio

CLERK = Staff(name="clerk", permissions=frozenset({"stock:write"}))
SIGNER = HmacSigner(new_key_ring())
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


def verifier(store: Store) -> VerifyLog:
    return VerifyLog(audit_log=store.audit_log, signer=SIGNER)


async def note(store: Store, audit: RecordEntry, actor: Actor, action: str, subject: str) -> None:
    await store.unit_of_work(lambda: audit.record(actor, action, subject, before={}, after={}))


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
    assert await verifier(store)(AUDITOR) == Verification(entries=20, digest=last.digest)


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

    found = await verifier(store)(AUDITOR)
    assert (found.first_altered, found.entries) == (3, 2)


async def test_a_removed_entry_is_named(database: Database, store: Store, audit: RecordEntry) -> None:
    """By the place where it was."""
    for number in range(5):
        await adjust(store, audit, number)
    await database.write(lambda connection: connection.execute("DROP TRIGGER audit_entries_stay"))
    await database.write(lambda connection: connection.execute("DELETE FROM audit_entries WHERE sequence = 2"))

    assert (await verifier(store)(AUDITOR)).first_altered == 2


async def test_a_long_log_is_verified_to_its_end(database: Database, store: Store, audit: RecordEntry) -> None:
    """More than fit into one page."""

    async def work() -> None:
        for number in range(2_500):
            await audit.record(CLERK, "stock.adjust", "sku:SHIRT", before={}, after={"on_hand": str(number)})

    await store.unit_of_work(work)
    verify = verifier(store)
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
    assert (await verifier(store)(AUDITOR)).entries == 2


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
    listing = ListEntries(audit_log=store.audit_log, signer=SIGNER)

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
        await verifier(store)(actor)
    with pytest.raises(refusal):
        await ListEntries(audit_log=store.audit_log, signer=SIGNER)(actor)


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

    assert (await verifier(store)(AUDITOR)).first_altered == 2


async def test_a_last_entry_that_was_written_over_keeps_nobody_from_acting(
    database: Database, store: Store, audit: RecordEntry
) -> None:
    """What is done next is written down behind it, and it is still the one that is named."""
    for number in range(2):
        await adjust(store, audit, number)

    def write_over(connection: sqlite3.Connection) -> None:
        connection.execute("DROP TRIGGER audit_entries_are_final")
        connection.execute("UPDATE audit_entries SET body = ? WHERE sequence = 2", (b"\xff",))

    await database.write(write_over)
    await adjust(store, audit, 3)

    assert (await verifier(store)(AUDITOR)).first_altered == 2
    assert (await store.audit_log.page(None, 10)).items[-1].sequence == 3


async def test_entries_are_found_by_what_is_named(store: Store, audit: RecordEntry) -> None:
    """All that fit everything that is named, a page at a time; a cursor is good for its own filters."""
    listing = ListEntries(audit_log=store.audit_log, signer=SIGNER)
    by_app = Staff(name="ann", app=App(client_id="till", scopes=frozenset()))
    for number in range(6):
        actor = (Staff(name="ann"), by_app, Staff(name="anna"))[number % 3]
        subject, action = f"order:{number % 2}", "order.ship" if number < 4 else "order.cancel"
        await note(store, audit, actor, action, subject)
    (newest, *_) = (await listing(AUDITOR, limit=1)).items

    async def places(**wanted: Any) -> list[int]:
        return [entry.sequence for entry in (await listing(AUDITOR, wanted=EntryFilter(**wanted))).items]

    assert await places(actor="staff:ann") == [5, 4, 2, 1]
    assert await places(actor="staff:ann", subject="order:0") == [5, 1]
    assert await places(action="order.cancel") == [6, 5]
    assert await places(since=newest.at) == [6, 5, 4, 3, 2, 1]
    assert await places(since=newest.at + timedelta(hours=1)) == await places(until=newest.at) == []
    first = await listing(AUDITOR, limit=3, wanted=EntryFilter(actor="staff:ann"))
    rest = await listing(AUDITOR, limit=3, cursor=first.next_cursor, wanted=EntryFilter(actor="staff:ann"))
    assert [entry.sequence for entry in (*first.items, *rest.items)] == [5, 4, 2, 1]
    with pytest.raises(InvalidCursor):
        await listing(AUDITOR, cursor=first.next_cursor, wanted=EntryFilter(actor="staff:anna"))


async def test_a_long_log_is_verified_in_parts(store: Store, audit: RecordEntry) -> None:
    """Each goes on where the one before has stopped, and what was altered is named by its place in the whole."""
    for number in range(7):
        await note(store, audit, CLERK, "order.ship", f"order:{number}")
    verify = verifier(store)
    parts = [await verify(AUDITOR, at_most=3)]
    while parts[-1].next_cursor is not None:
        parts.append(await verify(AUDITOR, at_most=3, cursor=parts[-1].next_cursor))
    whole = await verify(AUDITOR)

    assert [part.entries for part in parts] == [3, 6, 7]
    assert parts[-1] == whole
    with pytest.raises(InvalidCursor):
        await verify(AUDITOR, cursor="nothing of the kind")
