"""Where a shop is kept, for whoever searches what a thief would find there."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pymongo
from tests.mongod import initiate, started

PLANTED = b"an unsealed confession of zork"
_LEGIBLE = ("--wiredTigerCollectionBlockCompressor", "none", "--wiredTigerJournalCompressor", "none")


@dataclass
class Loot:
    """Where a shop is kept, and everything that is written there."""

    url: str
    folder: Path

    def read(self) -> bytes:
        """Also what was written a moment ago, and not in the clear: the control."""
        if self.url.startswith("mongodb:"):
            with pymongo.MongoClient[dict[str, object]](self.url) as client:
                client["elsewhere"]["control"].insert_one({"planted": PLANTED.decode()})
                client.admin.command("fsync")
        else:
            (self.folder / "control").write_bytes(PLANTED)
        return b"".join(file.read_bytes() for file in self.folder.rglob("*") if file.is_file())


@contextmanager
def a_loot(store: str, folder: Path) -> Iterator[Loot]:
    """A folder of its own; a server's is written without compression, so that it can be searched."""
    folder.mkdir()
    if store == "sqlite":
        yield Loot(f"sqlite:///{folder / 'shop.db'}", folder)
        return
    with started("--replSet", "shop", "--oplogSize", "64", *_LEGIBLE, folder=folder) as (_, port):
        initiate(port)
        yield Loot(f"mongodb://127.0.0.1:{port}/shop", folder)
