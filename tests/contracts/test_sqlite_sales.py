"""What SQLite itself refuses about sales, whatever the code does; what its file shows; how its queries are answered."""

import re
import sqlite3
from functools import partial
from pathlib import Path
from types import ModuleType

import msgspec
import pytest
from tests.contracts.stores import Store, sqlite_store

from shopcore.adapters.local.keys import new_key_ring
from shopcore.adapters.local.sealing import AesGcmSealer
from shopcore.adapters.sqlite import audit_log, carts, claims, inbox, jobs, ledger, orders, payments, vault
from shopcore.adapters.sqlite.carts import SqliteCarts
from shopcore.adapters.sqlite.claims import SqliteClaims
from shopcore.adapters.sqlite.database import Database
from shopcore.adapters.sqlite.orders import SqliteOrders
from shopcore.adapters.sqlite.payments import SqlitePayments
from shopcore.jobs.model import complete
from shopcore.kernel.ids import CartId, OrderId, PaymentId
from shopcore.kernel.jobs import NewJob
from shopcore.kernel.sealing import Sealer, Unsealable
from shopcore.ordering.model import pay
from shopcore.payments.model import NextAction, PaymentState
from shopcore.testing.contracts.audit_log import after
from shopcore.testing.contracts.claims import a_claim
from shopcore.testing.contracts.inbox import an_event
from shopcore.testing.contracts.ledger import paid
from shopcore.testing.contracts.queue_parts import settle
from shopcore.testing.contracts.sales_samples import CONTACT, a_cart, a_payment, a_token_hash, an_order
from shopcore.testing.contracts.samples import NOON

pytestmark = pytest.mark.anyio

_ENTRY = "INSERT INTO journal_entries (key, at, order_id, payment_id, postings) VALUES ('k', 1, 'o', 'p', '{}')"
_POSTING = '{{"account":"{}","amount":{{"amount":{},"currency":"{}"}}}}'
_APPEND_ONLY = "the ledger is append-only"


def entry_of(*postings: tuple[str, int, str]) -> str:
    """A statement that writes a journal entry past the adapter."""
    return _ENTRY.replace("{}", f"[{','.join(_POSTING.format(*posting) for posting in postings)}]")


async def filled(store: Store) -> None:
    """One of everything, as far along as it gets."""
    await store.carts.add(msgspec.structs.replace(a_cart("cart"), ordered=True), a_token_hash("cart"))
    await store.orders.add(an_order("order"), a_token_hash("order"))
    await store.orders.add(an_order("other"), a_token_hash("other"))
    await store.payments.add(a_payment("payment", state=PaymentState.SUCCEEDED))
    await store.ledger.post(paid("order"))
    await store.inbox.store(an_event("evt_1"), NOON)
    await store.audit_log.append(after(None))
    await store.claims.claim(a_claim("mine"), msgspec.structs.replace)
    await store.claims.finish("key", "mine", b"reply")
    await store.unit_of_work(lambda: store.jobs.enqueue(NewJob(kind="mail", unique_key="mail")))
    (job,) = await store.queue.lease_due("worker", store.clock.now(), 1)
    await settle(store.queue, job.id, "worker", complete)


@pytest.mark.parametrize(
    ("statement", "refusal"),
    [
        (entry_of(("clearing", 5, "USD")), "a journal entry sums to zero in every currency"),
        (entry_of(("clearing", 5, "USD"), ("receivable", -4, "USD")), "a journal entry sums to zero in every currency"),
        (entry_of(("clearing", 5, "USD"), ("receivable", -5, "EUR")), "a journal entry sums to zero in every currency"),
        (entry_of(("pocket", 5, "USD"), ("receivable", -5, "USD")), "CHECK constraint failed"),
        ("UPDATE journal_entries SET at = 0", _APPEND_ONLY),
        ("DELETE FROM journal_entries", _APPEND_ONLY),
        ("INSERT OR REPLACE INTO journal_entries SELECT * FROM journal_entries", _APPEND_ONLY),
        ("UPDATE postings SET amount = 0", _APPEND_ONLY),
        ("DELETE FROM postings", _APPEND_ONLY),
        ("INSERT OR REPLACE INTO postings SELECT entry, position, account, currency, 1 FROM postings", _APPEND_ONLY),
        ("INSERT INTO postings VALUES (1, 2, 'tax', 'USD', 5)", "a posting comes with its entry"),
        ("INSERT INTO postings VALUES (9, 0, 'tax', 'USD', 5)", "a posting comes with its entry"),
        ("UPDATE audit_entries SET body = x'00'", "the audit log is append-only"),
        ("DELETE FROM audit_entries", "the audit log is append-only"),
        ("INSERT OR REPLACE INTO audit_entries SELECT * FROM audit_entries", "an audit entry follows the last one"),
        ("INSERT INTO audit_entries SELECT 3, digest, digest, body FROM audit_entries", "an audit entry follows"),
        ("INSERT INTO audit_entries SELECT 2, digest, previous, body FROM audit_entries", "an audit entry follows"),
        ("DELETE FROM orders", "an order is never removed"),
        ("UPDATE orders SET number = 'ABCD1234'", "an order keeps its id, cart, number, token and date"),
        ("UPDATE orders SET status = 'lost'", "CHECK constraint failed"),
        ("DELETE FROM payments", "a payment is never removed"),
        ("UPDATE payments SET state = 'voided'", "money that was taken is not forgotten"),
        (
            "INSERT INTO payments SELECT 'twice', order_id, state, 1, 1, body, sealed, 1 FROM payments",
            "UNIQUE constraint",
        ),
        ("UPDATE carts SET ordered = 0", "a cart that became an order stays one"),
        ("UPDATE inbox SET body = x'00'", "what a gateway said is not changed"),
        ("UPDATE claims SET sealed = NULL", "a reply that was given is kept"),
        ("UPDATE jobs SET state = 'waiting', due_at = 1, done_at = NULL", "a job that is done stays done"),
        ("UPDATE jobs SET state = 'dead', due_at = 1, done_at = NULL", "a job that is done stays done"),
        (
            "INSERT INTO jobs SELECT 'twice', unique_key, state, 0, due_at, done_at, body, kind FROM jobs",
            "UNIQUE constraint",
        ),
    ],
)
async def test_the_store_refuses_by_itself(database: Database, statement: str, refusal: str) -> None:
    """A statement that gets past the code is refused, and nothing changes."""
    store = sqlite_store(database)
    await filled(store)

    with pytest.raises(sqlite3.IntegrityError, match=re.escape(refusal)):
        await database.write(lambda connection: connection.execute(statement))
    assert await store.ledger.entries_of(OrderId("order")) == [paid("order")]
    assert await store.audit_log.last() == after(None)
    assert (await store.payments.get(PaymentId("payment"))).state is PaymentState.SUCCEEDED


async def test_a_balanced_entry_from_elsewhere_is_posted(database: Database) -> None:
    """The statements above are refused for what they say, not for how they are written."""
    await database.write(
        lambda connection: connection.execute(entry_of(("clearing", 5, "USD"), ("receivable", -5, "USD")))
    )

    rows = await database.read(lambda connection: connection.execute("SELECT account, amount FROM postings").fetchall())
    assert rows == [("clearing", 5), ("receivable", -5)]


class PlainSealer(AesGcmSealer):
    """A mistake: it does not encrypt."""

    def seal(self, plain: bytes, context: str) -> bytes:
        """What is sealed is what was given."""
        return plain

    def unseal(self, sealed: bytes, context: str) -> bytes:
        """Likewise."""
        return sealed


ADDRESS = CONTACT.shipping_address
assert ADDRESS is not None
PERSONAL = (CONTACT.email, ADDRESS.name, ADDRESS.line1, ADDRESS.city, ADDRESS.postal_code, ADDRESS.phone)
SECRET = ("secret_4711", "https://bank.example/3ds", "https://shop.example/thanks?token=9d2c")


def contents(folder: Path) -> bytes:
    """Every byte of the database, its log and its index."""
    return b"".join(file.read_bytes() for file in folder.iterdir())


async def leaks(folder: Path, sealer: Sealer) -> set[str]:
    """The planted values that can be read in the files of a shop with one sale."""
    database = await Database.open(folder / "shop.db")
    claim = a_claim("mine")
    payment = msgspec.structs.replace(
        a_payment("payment", state=PaymentState.REQUIRES_ACTION),
        client_secret=SECRET[0],
        next_action=NextAction(type="redirect", url=SECRET[1]),
        return_url=SECRET[2],
    )
    try:
        sales = SqliteOrders(database, sealer)
        await SqliteCarts(database, sealer).add(a_cart("cart"), a_token_hash("cart"))
        await sales.add(an_order("order"), a_token_hash("order"))
        await sales.update(OrderId("order"), partial(pay, at=NOON, by="system:payment"))
        await SqlitePayments(database, sealer).add(payment)
        answers = SqliteClaims(database, sealer)
        await answers.claim(claim, msgspec.structs.replace)
        await answers.finish("key", "mine", msgspec.json.encode(CONTACT))
        content = contents(folder)
    finally:
        await database.close()
    content += contents(folder)
    assert b"SHIRT" in content
    return {value for value in (*PERSONAL, *SECRET) if value is not None and value.encode() in content}


async def test_nothing_personal_can_be_read_in_the_file(tmp_path: Path) -> None:
    """Nor in the write-ahead log: no e-mail address, name, street, town, phone; no secret of a payment either."""
    assert await leaks(tmp_path, AesGcmSealer(new_key_ring())) == set()


async def test_a_value_that_is_not_sealed_is_noticed(tmp_path: Path) -> None:
    """With a sealer that forgets to encrypt, each of them is found."""
    assert await leaks(tmp_path, PlainSealer(new_key_ring())) > set(SECRET)


async def test_a_contact_belongs_to_its_row(database: Database) -> None:
    """Moved to another cart or order, it cannot be read there."""
    store = sqlite_store(database)
    for name in ("mine", "yours"):
        await store.carts.add(a_cart(name), a_token_hash(name))
    await database.write(
        lambda connection: connection.execute(
            "UPDATE carts SET sealed = (SELECT sealed FROM carts WHERE id = 'mine') WHERE id = 'yours'"
        )
    )

    assert (await store.carts.get(CartId("mine"))).contact == CONTACT
    with pytest.raises(Unsealable):
        await store.carts.get(CartId("yours"))


def queries(module: ModuleType) -> list[tuple[str, str]]:
    """The named statements of an adapter that look for rows."""
    texts = [(name, value) for name, value in vars(module).items() if isinstance(value, str) and name.startswith("_")]
    texts += [(f"_PAGES {key}", text) for key, text in getattr(module, "_PAGES", {}).items()]
    return [(name, text) for name, text in texts if re.match(r"\s*(SELECT|UPDATE|DELETE)\b", text)]


QUERIES = [
    pytest.param(text, id=f"{module.__name__.rsplit('.', 1)[-1]}.{name}")
    for module in (carts, orders, payments, ledger, inbox, jobs, audit_log, claims)
    for name, text in queries(module)
] + [pytest.param(vault._USES, id="vault._USES")]
ONE_ROW = "SELECT sequence, body, digest FROM audit_entries ORDER BY sequence DESC LIMIT 1"
WALKS = ("SCAN json_each", "SCAN jobs USING INDEX jobs_open")
"""Over what a caller named, and over the jobs that are still to be done: their count is what is asked for."""


@pytest.mark.parametrize("query", QUERIES)
async def test_every_query_is_answered_from_an_index(database: Database, query: str) -> None:
    """None walks over a table or sorts: a shop with a million orders answers as one with ten."""
    named = dict.fromkeys(re.findall(r":(\w+)", query))
    numbered = [int(number) for number in re.findall(r"\?(\d+)", query)]
    parameters = named or (None,) * max(numbered, default=query.count("?"))

    plan = await database.read(
        lambda connection: [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {query}", parameters)]
    )

    assert plan
    if query != ONE_ROW:
        assert [step for step in plan if walks(step)] == []


def walks(step: str) -> bool:
    return ("SCAN" in step and not step.startswith(WALKS)) or "FOR ORDER BY" in step


def test_there_are_queries_to_look_at() -> None:
    """And a walk over a table would be noticed: this is one."""
    assert len(QUERIES) > 30
    with sqlite3.connect(":memory:") as connection:
        connection.execute("CREATE TABLE t (a TEXT)")
        plan = [row[3] for row in connection.execute("EXPLAIN QUERY PLAN SELECT a FROM t ORDER BY a")]
    connection.close()
    assert "SCAN" in plan[0]
    assert "FOR ORDER BY" in plan[1]
