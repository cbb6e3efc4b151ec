"""`shop move`: a whole shop from a file to MongoDB and back."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pymongo
import pytest
from pymongo.errors import PyMongoError
from tests.unit.cli.conftest import SAMPLE, SHOP, Buy, Run, complaint

from shopcore.adapters.sqlite.migrations import migrate
from shopcore.kernel.stores import StoreUnusable
from shopcore.operations.errors import MoveDiffers
from shopcore.shop import MoveProgress, Settings, Shop, move, read_settings


@pytest.fixture
def mongo(mongo_server: str) -> Iterator[tuple[str, pymongo.MongoClient[dict[str, Any]]]]:
    """The URL of a database of the test's own."""
    server, question, options = mongo_server.partition("?")
    name = f"move_{uuid.uuid4().hex}"
    with pymongo.MongoClient[dict[str, Any]](mongo_server) as client:
        yield f"{server.rstrip('/')}/{name}{question}{options}", client
        # What a killed process held is locked until its transaction's minute is over: then the server keeps it.
        with contextlib.suppress(PyMongoError), pymongo.timeout(3):
            client.drop_database(name)


Mongo = tuple[str, pymongo.MongoClient[dict[str, Any]]]


def moved(run: Run, source: str, target: str) -> dict[str, tuple[int, str]]:
    said = json.loads(run("move", "--from", source, "--to", target, "--json").stdout)
    return {one["name"]: (one["count"], one["sha256"]) for one in said}


@pytest.fixture
def traded(shop: Run, buy: Buy, stocked: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A shop that has sold, been paid, shipped, waits for a transfer, and has work to do."""
    shop("webhook-endpoints", "add", "https://127.0.0.1:9/")  # which is not public: nothing is sent
    first = buy()
    shop("orders", "ship", first.number)
    buy()
    with monkeypatch.context() as by_hand:
        by_hand.setenv("PAYMENT_GATEWAYS", "manual")
        by_hand.setenv("MANUAL_DETAILS", "Shop Ltd, XX00 1234")
        buy(method="bank_transfer")
    buy(worked_off=False)
    return stocked


@pytest.mark.usefixtures("traded")
def test_a_shop_moves_to_mongodb_and_back(shop: Run, mongo: Mongo) -> None:
    """Everything arrives, twice; the third shop is the first one, thing by thing, and still shows its orders."""
    url, _ = mongo
    there = moved(shop, "sqlite:///shop.db", url)
    back = moved(shop, url, "sqlite:///again.db")

    assert there == back
    assert {name for name, (count, _) in there.items() if count} >= {
        "products",
        "shipping methods",
        "stock",
        "reservations",
        "carts",
        "orders",
        "payments and ledger",
        "jobs",
        "audit log",
        "claims",
        "journeys",
        "webhook endpoints",
        "webhook events",
        "webhook deliveries",
    }
    with closing(sqlite3.connect("shop.db")) as old, closing(sqlite3.connect("again.db")) as new:
        for table in ("orders", "postings", "stock_levels", "stock_movements", "reservation_lines", "variants", "jobs"):
            query = f"SELECT count(*) FROM {table}"
            assert old.execute(query).fetchone() == new.execute(query).fetchone(), table
        assert len(set(_transfers(old) + _transfers(new))) == 1
        levels = "SELECT * FROM stock_levels ORDER BY sku"
        assert old.execute(levels).fetchall() == new.execute(levels).fetchall()


def _transfers(shop: sqlite3.Connection) -> list[tuple[str, bytes]]:
    return shop.execute("SELECT key, body FROM hand_payments").fetchall()


@pytest.mark.usefixtures("traded")
def test_the_keys_are_named(shop: Run, mongo: Mongo) -> None:
    """Whoever moves a shop has to keep them."""
    assert "keep shop.keys" in shop("move", "--from", "sqlite:///shop.db", "--to", mongo[0]).stdout


@pytest.mark.usefixtures("traded")
def test_a_target_that_has_something_is_refused(shop: Run, mongo: Mongo) -> None:
    """Also one that a shop was moved to just now: nothing is mixed."""
    moved(shop, "sqlite:///shop.db", mongo[0])

    refused = shop("move", "--from", "sqlite:///shop.db", "--to", mongo[0], status=1)
    assert "the target is not empty" in complaint(refused)


def test_a_source_that_is_not_there_is_refused(shop: Run, mongo: Mongo) -> None:
    """And no empty shop is made of it."""
    refused = shop("move", "--from", "sqlite:///nowhere.db", "--to", mongo[0], status=1)

    assert "there is no shop here to move" in complaint(refused)
    assert not Path("nowhere.db").exists()


@pytest.mark.parametrize(("source", "target"), [("shop.db", "sqlite:///b.db"), ("sqlite:///shop.db", "redis://x")])
@pytest.mark.usefixtures("stocked")
def test_what_is_no_store_is_refused(shop: Run, source: str, target: str) -> None:
    """With the form that it has to have."""
    refused = shop("move", "--from", source, "--to", target, status=1)
    assert "must be sqlite:///<path> or mongodb://" in complaint(refused)


@pytest.fixture
def impatient(mongo: Mongo) -> Iterator[None]:
    """A server that gives a dead process's transaction up after seconds instead of a minute."""
    _, client = mongo
    limit = {"setParameter": 1, "transactionLifetimeLimitSeconds": 2}
    client.admin.command(limit)
    yield
    client.admin.command({**limit, "transactionLifetimeLimitSeconds": 60})


@pytest.mark.usefixtures("traded", "impatient")
def test_a_move_that_was_killed_goes_on(shop: Run, mongo: Mongo) -> None:
    """Killed at whichever moment, it is no shop until the same move is run again, and then it is whole."""
    url, client = mongo
    database = client.get_database(url.rpartition("/")[2])
    command = [*SHOP, "move", "--from", "sqlite:///shop.db", "--to", url]
    for wanted in ("products", "stock_levels"):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, env=os.environ) as process:
            while process.poll() is None and not database[wanted].find_one({}):
                pass
            process.send_signal(signal.SIGKILL)

    half = database["schema"].find_one({"_id": "unfinished_move"})
    other = shop("move", "--from", url, "--to", "sqlite:///other.db", status=1)
    whole = moved(shop, "sqlite:///shop.db", url)

    assert half is not None
    assert "half of a move from shop.db" in complaint(other)
    assert whole == moved(shop, url, "sqlite:///again.db")


def test_every_table_is_on_a_shelf() -> None:
    """A new table is either moved, or made by the repository that writes another one."""
    on_shelves = {
        "products",
        "categories",
        "shipping_methods",
        "tax_rates",
        "coupons",
        "coupon_redemptions",
        "stock_levels",
        "stock_movements",
        "reservations",
        "reservation_lines",
        "carts",
        "orders",
        "payments",
        "hand_payments",
        "gateway_switches",
        "journeys",
        "wallets",
        "journal_entries",
        "reconciliations",
        "inbox",
        "jobs",
        "audit_entries",
        "claims",
        "roles",
        "members",
        "api_keys",
        "accounts",
        "sessions",
        "oauth_clients",
        "oauth_consents",
        "oauth_grants",
        "webhook_endpoints",
        "webhook_events",
        "webhook_deliveries",
        "stock_watches",
    }
    made = {
        *("variants", "product_prices", "product_tags", "product_categories", "postings", "catalog_revision"),
        *("account_emails", "passkeys", "webhook_orders"),
    }
    # Of challenges that are five minutes old at most, and a move takes its shop off the net; what each store notes of
    # itself; when schedules fired last: the job of a tick has a key that is good once wherever it goes. What was sent
    # is told by its jobs, which move; mail to an address that it comes back from comes back once more.
    left = {"spent_tokens", "held_keys", "job_ticks", "job_starts", "messages", "troubled_addresses"}
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection)
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}

    assert {name for name in tables if not name.startswith(("product_search", "sqlite_"))} == on_shelves | made | left


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        ("DELETE FROM carts WHERE rowid = (SELECT min(rowid) FROM carts)", "carts differ: 3 in the source, 4 in"),
        ("UPDATE catalog_revision SET revision = revision + 1", "the source's own counters differ"),
    ],
)
@pytest.mark.usefixtures("traded")
def test_a_source_that_is_used_meanwhile_is_noticed(mongo: Mongo, change: str, differs: str) -> None:
    """The move is not done, and says what to do; the target stays no shop."""

    def use(now: MoveProgress) -> None:
        if now.doing == "Copied orders":
            with closing(sqlite3.connect("shop.db")) as connection, connection:
                connection.execute(change)

    with pytest.raises(MoveDiffers, match=differs):
        asyncio.run(move(read_settings(), source="sqlite:///shop.db", target=mongo[0], progress=use))

    settings = msgspec.structs.replace(read_settings(), store_url=mongo[0])
    with pytest.raises(StoreUnusable, match="a move into this store was broken off"):
        asyncio.run(opened(settings))


async def opened(settings: Settings) -> None:
    async with Shop.open(settings):
        pass


def test_an_import_into_mongodb_changes_nothing_the_second_time(
    shop: Run, mongo: Mongo, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As into a file: no product, level or movement is written again."""
    url, client = mongo
    monkeypatch.setenv("STORE_URL", url)
    # A database is made here, which takes a machine that is busy otherwise longer than a shop would wait.
    monkeypatch.setenv("WRITE_TIMEOUT_SECONDS", "30")
    monkeypatch.setenv("REQUEST_TIMEOUT_SECONDS", "100")
    shutil.copy(SAMPLE, folder / "sample.csv")
    first = json.loads(shop("import", "products", "sample.csv", "--json").stdout)
    database = client.get_database(url.rpartition("/")[2])
    watched = ("products", "listed_products", "searched_products", "stock_levels", "stock_movements")
    before = {name: list(database[name].find().sort("_id")) for name in watched}

    second = json.loads(shop("import", "products", "sample.csv", "--json").stdout)

    assert first["created"] == second["unchanged"] > 0
    assert (second["created"], second["updated"]) == (0, 0)
    assert before == {name: list(database[name].find().sort("_id")) for name in watched}
