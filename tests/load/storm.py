"""A shop that is paid through Stripe while everything fails that can: its processes die, and Stripe is at its worst."""

import asyncio
import random
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace
from tests.load.buyers import settings_of
from tests.load.servers import Server, start, start_worker
from tests.load.wire import Connection

from shopcore.settings import Settings
from shopcore.testing.stripe_double import Fault, StripeDouble, stripe_double

FAULTS = (
    *(Fault.CUT, Fault.DROP_ANSWER, Fault.DROP_ANSWER, Fault.SERVER_ERROR, Fault.SERVER_ERROR_AFTERWARDS),
    *(Fault.HALF_AN_ANSWER, Fault.HALF_AN_ERROR, Fault.STRANGE_ANSWER, Fault.RATE_LIMITED, Fault.DELAY),
)
PATIENCE = 3.0  # seconds that the shop waits for Stripe
LONGEST_DELAY = 1.0
_EMPTY = "balance_insufficient"
"""What Stripe says to refunds, now and then."""


@dataclass
class SlidingClock:
    """Stripe's, which a test may put ahead."""

    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class Site:
    """A server and a worker, processes of their own, and the Stripe that both of them ask."""

    folder: Path
    double: StripeDouble
    clock: SlidingClock
    store_url: str = ""
    before: str = ""
    kills: int = 0
    _running: dict[str, Server] = field(default_factory=dict)
    _telling: "asyncio.Task[None] | None" = None

    @property
    def settings(self) -> Settings:
        """What the processes are told, for one that opens the same shop."""
        return replace(
            settings_of(self.folder, self.store_url),
            stripe_secret_key=self.double.secret_key,
            stripe_webhook_secrets=tuple(self.double.webhooks.secrets),
            stripe_api_base=self.double.url,
            stripe_calls_per_second=1_000,
        )

    @property
    def url(self) -> str:
        """Where the server answers, whenever it lives."""
        return self._running["server"].url

    async def begin(self, chance: random.Random, share: float) -> None:
        """Start both, and the storm: that share of all calls to Stripe goes wrong."""
        await asyncio.gather(self._start("server"), self._start("worker"))
        self.double.faults.often(share, *FAULTS, seed=chance.randrange(2**32), seconds=LONGEST_DELAY)
        self.double.account.refuses_refunds = _EMPTY
        self._telling = asyncio.create_task(_tell(self, chance))

    async def kill(self, *names: str) -> None:
        """SIGKILL, and start again at once."""
        for name in names:
            await asyncio.to_thread(self._running[name].kill)
            self.kills += 1
        await asyncio.gather(*map(self._start, names))

    async def end(self) -> None:
        """The storm is over, but for an empty balance, and both are asked to end."""
        self.double.faults.end()
        if self._telling:
            self._telling.cancel()
            await asyncio.wait([self._telling])
        for server in self._running.values():
            await asyncio.to_thread(server.stop)

    async def _start(self, name: str) -> None:
        settings = self.settings
        told = {
            "STORE_URL": settings.store_url,
            "STRIPE_SECRET_KEY": settings.stripe_secret_key or "",
            "STRIPE_WEBHOOK_SECRETS": ",".join(settings.stripe_webhook_secrets),
            "STRIPE_API_BASE": settings.stripe_api_base,
            "STRIPE_CALLS_PER_SECOND": str(settings.stripe_calls_per_second),
            "PAYMENT_TIMEOUT_SECONDS": str(PATIENCE),
            "WORKER": "separate",
            "LOG_LEVEL": "error",
        }
        if name == "server":
            told["PORT"] = str(self._running[name].port) if name in self._running else "0"
        begin = start if name == "server" else start_worker
        self._running[name] = await asyncio.to_thread(begin, self.folder, told, before=self.before)


async def _tell(site: Site, chance: random.Random) -> None:
    """Send what Stripe has to say, for ever: twice, late, in any order, and again where nobody took it."""
    account, webhooks, connection = site.double.account, site.double.webhooks, Connection(site.url)
    webhooks.copies = 2

    async def deliver(body: bytes, headers: Mapping[str, str]) -> None:
        answer = await connection.send("POST", "/webhooks/stripe", body, headers)
        assert answer.status == 200, answer.content

    try:
        while True:
            webhooks.backwards = chance.random() < 0.5
            webhooks.delay_seconds = chance.uniform(0.0, 2.0)
            if account.refused_refunds:  # as it was at first, and from then on sometimes
                account.refuses_refunds = _EMPTY if chance.random() < 0.4 else None
            await webhooks.deliver_due(deliver)
            await asyncio.sleep(0.05)
    finally:
        await connection.close()


@asynccontextmanager
async def storm(
    folder: Path, chance: random.Random, *, store_url: str = "", share: float = 0.15, before: str = ""
) -> AsyncGenerator[Site]:
    """A site at which such a share of all calls to Stripe goes wrong, with Stripe's webhooks; stopped at the end."""
    clock = SlidingClock()
    async with stripe_double(clock.now) as double:
        site = Site(folder, double, clock, store_url, before)
        try:
            await site.begin(chance, share)
            yield site
        finally:
            await site.end()
