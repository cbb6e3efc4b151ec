"""Real servers, each a process of its own, on loopback."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

_SERVE = """
import os
from shop_http.serving import serve
from shopcore.shop import read_settings

def ready(port):
    print(port, flush=True)
    os.dup2(2, 1)  # nobody reads on: the log goes where the errors go

serve(read_settings(), ready=ready)
"""

_WORK = """
import asyncio, os
from shopcore.shop import Shop, read_settings

async def work():
    async with Shop.open(read_settings()) as shop:
        print(0, flush=True)
        os.dup2(2, 1)  # as above
        await shop.run_worker()

asyncio.run(work())
"""


@dataclass
class Server:
    """A running `shop serve` in some folder, or a `shop worker`, which listens nowhere."""

    process: "subprocess.Popen[str]"
    port: int

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> int:
        """Ask it to end, and wait until it has."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(30)
        finally:
            self.process.kill()


def start(folder: Path, settings: Mapping[str, str] | None = None, *, before: str = "") -> Server:
    """Serve the shop in `folder`; returns when it answers. `before` is what the process runs before anything else."""
    given = {"PORT": "0", "RATE_LIMITS": "off", "LOG_LEVEL": "warning", **(settings or {})}
    return _begun(folder, before + _SERVE, given)


def start_worker(folder: Path, settings: Mapping[str, str] | None = None, *, before: str = "") -> Server:
    """Do the jobs of the shop in `folder`; returns when it has opened it."""
    return _begun(folder, before + _WORK, {"LOG_LEVEL": "warning", **(settings or {})})


def _begun(folder: Path, script: str, given: Mapping[str, str]) -> Server:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SHOP_")}
    with (folder / "server.log").open("a") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", script],
            cwd=folder,
            env={**environment, **given},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    assert process.stdout is not None
    with process.stdout:
        line = process.stdout.readline()
    assert line.strip().isdigit(), (folder / "server.log").read_text()
    return Server(process, int(line))


@contextmanager
def serving(folder: Path, count: int = 1, settings: Mapping[str, str] | None = None) -> Iterator[list[Server]]:
    """So many servers on one shop's store, stopped at the end."""
    with ExitStack() as stack:
        servers = [start(folder, settings) for _ in range(count)]
        for server in servers:
            stack.callback(server.stop)
        yield servers
