"""Where the shops of these tests are kept: in SQLite; or on MongoDB, where `SHOP_TEST_STORE` says `mongodb`, and for
tests that are marked `both_stores`.
"""

import itertools
import os
from pathlib import Path
from typing import Any

from tests.emptying import emptied

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
        # Slow machines answer late; no test over HTTP is about how late.
        return {
            "store_url": self._url(name),
            "write_timeout_seconds": 10.0,
            "bogus_file": str(folder / "bogus.db"),
        }

    def give_back(self, folder: Path) -> None:
        """Whatever was kept there or below is over."""
        mine = [taken for taken in self._taken if taken.is_relative_to(folder)]
        if not mine or self.server is None:
            return
        for taken in mine:
            name = self._taken.pop(taken)
            emptied(self._url(name))
            self._free.append(name)

    def _url(self, name: str) -> str:
        assert self.server is not None
        server, question, options = self.server.partition("?")
        return f"{server.rstrip('/')}/{name}{question}{options}"


PLACES = Places()
