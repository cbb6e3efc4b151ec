"""The shop's file and its settings, whole and broken."""

import asyncio
import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from tests.kept import leave_empty
from tests.unit.cli.conftest import Buy, Run, complaint, decoded

from shopcore.shop import read_settings

NOBODY = 65_534


@contextmanager
def without_privileges() -> Iterator[None]:
    """Root may write what is read-only; for a moment we are not root."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(before)


@pytest.fixture
def open_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working folder that everybody can reach; the test's own can only be reached by its user."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        monkeypatch.chdir(folder)
        yield folder
        folder.chmod(0o700)


def test_a_backup_is_a_whole_shop(shop: Run, buy: Buy, folder: Path) -> None:
    """Taken while the shop is open, restored elsewhere with its keys: the order is there, with its customer."""
    number = buy().number
    said = shop("backup", "copy.db").stdout
    assert said.startswith(f"copy.db: {(folder / 'copy.db').stat().st_size:,} bytes, verified.")
    assert "shop.keys" in said

    for path in folder.glob("shop.db*"):
        path.unlink()
    said = shop("restore", "copy.db").stdout

    assert said == "shop.db is restored from copy.db. Its keys must be in shop.keys.\n"
    assert "ann@example.com" in shop("orders", "show", number).stdout


def test_neither_backup_nor_restore_overwrites(shop: Run, stocked: Path) -> None:
    """Least of all the shop by itself; a log that was left behind would be played into the restored file."""
    shop("backup", "copy.db")
    before = Path("shop.db").read_bytes()

    reason = "is there already; move it away first, nothing is overwritten"
    assert complaint(shop("backup", "copy.db", status=1)) == f"copy.db {reason}"
    assert complaint(shop("backup", "shop.db", status=1)) == f"shop.db {reason}"
    assert complaint(shop("restore", "copy.db", status=1)) == f"shop.db {reason}"
    assert Path("shop.db").read_bytes() == before
    Path("shop.db").rename("away.db")
    Path("shop.db-wal").write_bytes(b"")
    assert complaint(shop("restore", "copy.db", status=1)) == f"shop.db-wal {reason}"


def test_only_a_whole_backup_is_restored(shop: Run, stocked: Path) -> None:
    """Another file, a damaged one or none at all leaves the folder as it was."""
    shop("backup", "copy.db")
    Path("shop.db").unlink()
    copy = bytearray(Path("copy.db").read_bytes())
    copy[20_000:200_000] = bytes(180_000)
    Path("damaged.db").write_bytes(copy)
    shutil.copy("sample.csv", "no.db")

    before = sorted(path.name for path in Path().iterdir())
    assert "damaged.db" in complaint(shop("restore", "damaged.db", status=1))
    assert complaint(shop("restore", "no.db", status=1)) == "no.db: the file is not a database"
    assert "does not exist" in complaint(shop("restore", "nowhere.db", status=2))
    assert sorted(path.name for path in Path().iterdir()) == before


def test_a_backup_that_fails_leaves_nothing(shop: Run, stocked: Path) -> None:
    """A copy that does not read well is no backup: the shop's own file is damaged, where nobody has looked yet."""
    assert complaint(shop("backup", "nowhere/copy.db", status=1)).startswith("copy.db: ")
    with closing(sqlite3.connect("shop.db")) as connection:
        connection.executescript("PRAGMA ignore_check_constraints = ON; DROP TRIGGER audit_entries_are_final;")
        connection.execute("UPDATE audit_entries SET digest = 'x' WHERE sequence = 1")
        connection.commit()

    assert "shop.db: the file is damaged: " in complaint(shop("backup", "copy.db", status=1))
    assert not list(Path().glob("*copy.db*"))


def test_there_has_to_be_a_shop_to_back_up(shop: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A backup from the wrong folder would be an empty one, found out when it is needed."""
    assert complaint(shop("backup", "copy.db", status=1)) == "shop.db: there is no shop here to back up"
    assert list(folder.iterdir()) == []

    monkeypatch.setenv("STORE_URL", "sqlite://:memory:")
    assert complaint(shop("backup", "copy.db", status=1)) == "STORE_URL: a shop in memory has no file"


def test_a_shop_is_set_up_and_brought_up_to_date(shop: Run, folder: Path) -> None:
    """`migrate` says the version, and says it again."""
    first = shop("migrate").stdout

    with closing(sqlite3.connect("shop.db")) as connection:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
    assert first == f"shop.db is at version {version}.\n"
    assert shop("migrate").stdout == first


def test_a_file_of_a_newer_version_is_left_alone(shop: Run, stocked: Path) -> None:
    """An old program must not touch what it does not understand."""
    with closing(sqlite3.connect("shop.db")) as connection:
        connection.execute("PRAGMA user_version = 999")

    for command in (["stock", "list"], ["migrate"], ["worker"], ["serve", "--port", "0"]):
        assert "newer version (999)" in complaint(shop(*command, status=1))


def test_a_file_that_is_no_shop_is_left_alone(shop: Run, folder: Path) -> None:
    """Neither text nor the database of somebody else."""
    (folder / "shop.db").write_text("Dear diary, " * 100, encoding="utf-8")
    assert complaint(shop("orders", "list", status=1)) == "shop.db: the file is not a database"

    (folder / "shop.db").unlink()
    with closing(sqlite3.connect("shop.db")) as connection:
        connection.execute("CREATE TABLE diary (entry TEXT)")
    assert complaint(shop("orders", "list", status=1)) == "shop.db: the file is a database of another program"


def test_a_read_only_shop_is_said_to_be_one(shop: Run, open_folder: Path) -> None:
    """File and folder may be read and not written."""
    shop("migrate")
    for path in open_folder.iterdir():
        path.chmod(0o444)
    open_folder.chmod(0o555)

    with without_privileges():
        line = complaint(shop("categories", "create", "Kitchen", status=1))

    assert line == "shop.db: the database file or its folder is read-only"


def test_a_locked_shop_is_said_to_be_busy(shop: Run, stocked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process holds the lock for longer than a write waits."""
    monkeypatch.setenv("WRITE_TIMEOUT_SECONDS", "0.1")
    with closing(sqlite3.connect("shop.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        line = complaint(shop("stock", "set", "CEDAR-PENCILS_HB", "--to", "1", "--reason", "x", status=1))
        other.execute("ROLLBACK")

    assert line == "the store is busy"
    assert decoded(shop("stock", "show", "CEDAR-PENCILS_HB", "--json"))["on_hand"] != 1


def test_a_folder_that_is_not_there_is_named(shop: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file cannot be made in it."""
    monkeypatch.setenv("STORE_URL", "sqlite:///nowhere/shop.db")

    assert complaint(shop("migrate", status=1)) == "shop.db: the folder nowhere does not exist"


def test_a_shop_without_its_keys_says_so(shop: Run, buy: Buy) -> None:
    """The customer of an order cannot be read with other keys; a file that holds none is left as it is."""
    number = buy().number
    Path("shop.keys").rename("other.keys")

    assert complaint(shop("orders", "show", number, status=1)).endswith("must be those that the shop was kept with")

    Path("shop.keys").write_text("{}", encoding="utf-8")
    assert complaint(shop("orders", "list", status=1)).startswith("shop.keys does not hold keys of this shop")
    assert Path("shop.keys").read_text(encoding="utf-8") == "{}"


def test_all_wrong_settings_are_named_at_once(shop: Run, folder: Path) -> None:
    """From `.env` as from the environment, one line each, before anything is opened."""
    (folder / ".env").write_text("PORT=many\nCURRENCY=XXZ\nLOG_LEVEL=loud\n", encoding="utf-8")

    for command in (["settings"], ["orders", "list"], ["worker"], ["serve"]):
        lines = shop(*command, status=2).stderr.splitlines()
        assert [line.split()[:2] for line in lines] == [
            ["shop:", "PORT"],
            ["shop:", "LOG_LEVEL"],
            ["shop:", "CURRENCY"],
        ]
    assert [path.name for path in folder.iterdir()] == [".env"]


def test_settings_are_shown_without_their_secrets(shop: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a table and for machines."""
    keys = {"SEALING_KEYS": f"k1:{'QQ' * 21}E=", "INDEX_KEY": f"{'Qg' * 21}E=", "SIGNING_KEY": f"{'Qw' * 21}E="}
    for name, value in keys.items():
        monkeypatch.setenv(name, value)

    printed = shop("settings").stdout + (machine := shop("settings", "--json").stdout)

    assert {each["name"]: each["value"] for each in json.loads(machine)}["SIGNING_KEY"] == "********"
    assert [key for key in ("QQQQ", "QgQg", "QwQw") if key in printed] == []
    assert list(folder.iterdir()) == []  # looking at settings sets no shop up


def test_a_shop_on_mongodb_has_no_file(shop: Run, stocked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is backed up and restored with MongoDB's own means; no file is touched."""
    shop("backup", "copy.db")
    monkeypatch.setenv("STORE_URL", "mongodb://127.0.0.1:1/shop")

    for command in (["backup", "other.db"], ["restore", "copy.db"]):
        assert "use mongodump and mongorestore" in complaint(shop(*command, status=1))
    assert not Path("other.db").exists()


def test_a_store_on_mongodb_is_migrated_as_often_as_one_likes(
    shop: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, mongo_url: str
) -> None:
    """And says its version, without the password of its address."""
    monkeypatch.setenv("STORE_URL", mongo_url)

    first, second = shop("migrate").stdout, shop("migrate").stdout
    asyncio.run(leave_empty(read_settings()))

    assert first == second
    assert first.startswith("mongodb://127.0.0.1:")
    assert "is at version" in first
