"""Where the shops of these tests are kept: in SQLite; or on MongoDB, where `SHOP_TEST_STORE` says `mongodb`, and for
tests that are marked `both_stores`.
"""

import itertools
import os
from pathlib import Path
from typing import Any

import pymongo

from shopcore.adapters.mongo.schema.migration import COLLECTIONS, VERSIONS

ALWAYS_ON_MONGO = os.environ.get("SHOP_TEST_STORE") == "mongodb"


class Places:
    """Databases of one MongoDB, each for a folder: emptied and used again, since a new one takes much longer."""

    def __init__(self) -> None:
        self.server: str | None = None
        self._taken: dict[Path, str] = {}
        self._free: list[str] = []
        self._numbers = itertools.count()

    def settings(self, folder: Path, sqlite: str) -> dict[str, Any]:
        """Those of a shop that is kept there; a folder that is asked for again has what it had."""
        if self.server is None:
            return {"store_url": sqlite}
        if folder not in self._taken:
            self._taken[folder] = self._free.pop() if self._free else f"kept_{os.getpid()}_{next(self._numbers)}"
        name = self._taken[folder]
        server, question, options = self.server.partition("?")
        # Slow machines answer late; no test over HTTP is about how late.
        return {
            "store_url": f"{server.rstrip('/')}/{name}{question}{options}",
            "write_timeout_seconds": 10.0,
            "bogus_file": str(folder / "bogus.db"),
        }

    def give_back(self, folder: Path) -> None:
        """Whatever was kept there or below is over."""
        mine = [taken for taken in self._taken if taken.is_relative_to(folder)]
        if not mine or self.server is None:
            return
        with pymongo.MongoClient[dict[str, Any]](self.server) as client:
            for taken in mine:
                name = self._taken.pop(taken)
                _empty(client[name])
                self._free.append(name)


def _empty(database: Any) -> None:
    for declared in COLLECTIONS:
        if declared is not VERSIONS:
            database[declared.name].delete_many({})
            if declared.seeds:
                database[declared.name].insert_many(declared.seeds)


PLACES = Places()
