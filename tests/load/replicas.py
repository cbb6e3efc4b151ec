"""A replica set whose members are killed and started again, each by itself."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pymongo
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern
from tests.mongod import free_port, initiate, started, wait_until


class Members:
    """So many members, with their data in memory."""

    def __init__(self, home: Path, count: int) -> None:
        self._folders = {free_port(): home / str(number) for number in range(count)}
        self._lives: dict[int, ExitStack] = {}
        for port, folder in self._folders.items():
            folder.mkdir()
            self.start(port)
        initiate(*self._folders)

    @property
    def url(self) -> str:
        """All of them."""
        hosts = ",".join(f"127.0.0.1:{port}" for port in self._folders)
        return f"mongodb://{hosts}/shop?replicaSet=shop"

    @property
    def ports(self) -> list[int]:
        """Of all of them, also of those that are down."""
        return list(self._folders)

    def start(self, port: int) -> None:
        """Start a member, and wait until it answers."""
        life = ExitStack()
        life.enter_context(started("--replSet", "shop", "--oplogSize", "64", folder=self._folders[port], port=port))
        self._lives[port] = life

    def kill(self, port: int) -> None:
        """As a power cut would: SIGKILL, by its own pid."""
        self._lives.pop(port).close()

    def primary(self) -> int:
        """The port of the member that writes; waits for an election."""
        found: list[int] = []

        def is_there() -> bool:
            found[:] = [port for port in self._lives if self._is(port, "isWritablePrimary")]
            return bool(found)

        wait_until(is_there, "no primary was elected")
        return found[0]

    def settle(self) -> None:
        """Wait until all hold what a majority has confirmed by now. To be a secondary is not enough: a primary that
        comes back with writes that nobody followed is one for a moment, and then undoes them; meanwhile it elects
        nobody, and whoever takes down another member leaves no majority.
        """
        wait_until(lambda: self._marks() >= len(self._folders), "a member did not come back", seconds=60)

    def _marks(self) -> int:
        """How many hold a write that all have to confirm first."""
        with pymongo.MongoClient[dict[str, Any]](self.url, serverSelectionTimeoutMS=2000) as client:
            everybody = WriteConcern(len(self._folders), wtimeout=5000)
            try:
                marks = client.get_database("probe", write_concern=everybody)["marks"]
                mark = marks.insert_one({}).inserted_id
            except PyMongoError:
                return 0
        return sum(self._shows(port, mark) for port in self._folders)

    def _shows(self, port: int, mark: object) -> bool:
        with self._asking(port) as client:
            marks = client.get_database("probe", read_concern=ReadConcern("majority"))["marks"]
            try:
                return marks.find_one({"_id": mark}) is not None
            except PyMongoError:
                return False

    def stop(self) -> None:
        """End all of them."""
        for port in list(self._lives):
            self.kill(port)

    def _is(self, port: int, word: str) -> bool:
        with self._asking(port) as client:
            try:
                return bool(client.admin.command("hello").get(word))
            except PyMongoError:
                return False

    def _asking(self, port: int) -> pymongo.MongoClient[dict[str, Any]]:
        return pymongo.MongoClient(
            "127.0.0.1",
            port,
            directConnection=True,
            serverSelectionTimeoutMS=200,
            readPreference="secondaryPreferred",
        )


@contextmanager
def members(count: int) -> Iterator[Members]:
    """A replica set of so many members, gone at the end."""
    place = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(prefix="shop-mongo-", dir=place) as name, ExitStack() as stack:
        replicas = Members(Path(name), count)
        stack.callback(replicas.stop)
        yield replicas
