"""A worker of its own process that is told to stop in the middle of a mail."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from tests.mailboxes import Mailbox
from tests.unit.cli.conftest import SHOP, Buy, Run, decoded

pytestmark = pytest.mark.anyio

_PATIENCE = 120.0  # seconds, for a machine that is busy with others
_CONFIRMATION = "send_order_confirmation"


@dataclass
class Slow(Mailbox):
    """Has the content, and says nothing until it is let."""

    reached: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.reached.set()
        return await super().handle_DATA(server, session, envelope)


@asynccontextmanager
async def slow_server() -> AsyncGenerator[Slow]:
    """One that hangs."""
    server = Slow(hanging=asyncio.Event())
    await server.start()
    try:
        yield server
    finally:
        assert server.hanging is not None
        server.hanging.set()
        await server.stop()


@asynccontextmanager
async def worker(server: Mailbox, stop_seconds: float) -> AsyncGenerator[asyncio.subprocess.Process]:
    """`shop worker`, killed at last."""
    settings = {
        "WORKER": "separate",
        "SMTP_URL": f"{server.url}?tls=off",
        "SMTP_TIMEOUT_SECONDS": "20",
        "WORKER_STOP_SECONDS": str(stop_seconds),
    }
    process = await asyncio.create_subprocess_exec(
        *SHOP, "worker", env={**os.environ, **settings}, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def told(shop: Run, *arguments: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = decoded(await asyncio.to_thread(shop, *arguments, "--json"))
    return found


async def confirmation(shop: Run) -> tuple[object, object]:
    """How its job stands, and how many tries it has used."""
    jobs = await told(shop, "jobs", "list")
    (job,) = [job for job in jobs if job["kind"] == _CONFIRMATION]
    return job["state"], job["attempts"]


async def sent(shop: Run) -> list[tuple[object, object]]:
    """How the message stands, and how many copies there may be."""
    listed = decoded(await asyncio.to_thread(shop, "mail", "sent", "--json"))
    return [(each["state"], each["repeats"]) for each in listed["messages"] if each["kind"] == "order_confirmation"]


async def test_a_worker_that_stops_finishes_its_mail(shop: Run, buy: Buy) -> None:
    """Where the server answers in time: the job is done, the mail is sent, and the process ends well."""
    await asyncio.to_thread(buy, worked_off=False)
    async with slow_server() as server, worker(server, _PATIENCE) as process:
        await asyncio.wait_for(server.reached.wait(), _PATIENCE)
        process.send_signal(signal.SIGTERM)
        assert server.hanging is not None
        server.hanging.set()
        ended = await asyncio.wait_for(process.wait(), _PATIENCE)

    assert ended == 0
    assert (await confirmation(shop))[0] == "done"
    assert await sent(shop) == [("sent", 0)]


async def test_a_worker_that_stops_hands_back_what_it_cannot_finish(shop: Run, buy: Buy) -> None:
    """After `WORKER_STOP_SECONDS`: the job waits for others, its try is not counted, and the mail is known to be open;
    who takes it up sends what may be a second copy, and that is counted.
    """
    await asyncio.to_thread(buy, worked_off=False)
    async with slow_server() as server, worker(server, 0.2) as process:
        await asyncio.wait_for(server.reached.wait(), _PATIENCE)
        process.send_signal(signal.SIGTERM)
        ended = await asyncio.wait_for(process.wait(), _PATIENCE)
        handed_back, open_ = await confirmation(shop), await sent(shop)
        assert server.hanging is not None
        server.hanging.set()
        before = len(server.arrived)
        async with worker(server, _PATIENCE) as other:
            await server.holds(before + 1, _PATIENCE)
            other.send_signal(signal.SIGTERM)
            again = await asyncio.wait_for(other.wait(), _PATIENCE)

    assert (ended, again) == (0, 0)
    assert handed_back == ("waiting", 0)
    assert open_ == [("open", 0)]
    assert (await confirmation(shop))[0] == "done"
    assert await sent(shop) == [("sent", 1)]
