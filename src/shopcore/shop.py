"""The face of the library: open a shop, say who acts, and act.

async with Shop.open(settings) as shop:
    cart = await shop.as_(Guest()).cart.add_item(sku="TEA-1", quantity=2)
"""

import asyncio
import hmac
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import msgspec

from shopcore.container import adapters, mailers
from shopcore.container.acts import ShopOf
from shopcore.container.cases import UseCases
from shopcore.container.gateways import BogusBank
from shopcore.container.moving import open_move
from shopcore.container.ports import Store, World
from shopcore.container.root import Container, Report, running
from shopcore.container.working import Worker
from shopcore.idempotency.model import Answer
from shopcore.idempotency.use_cases.answer_once import Render, Run
from shopcore.identity.model.sessions import read_refresh_token
from shopcore.jobs.model import Depth
from shopcore.kernel.actor import EVERYTHING, Actor, Customer, Guest, Integration, Staff, System
from shopcore.kernel.clock import Clock
from shopcore.kernel.errors import Unavailable
from shopcore.kernel.ids import SessionId
from shopcore.messages.model import Tally
from shopcore.notifications.model import Message
from shopcore.operations.model import MovedShelf, MoveProgress, SharedState
from shopcore.operations.ports import Allowance, ProductFile, RateLimiter, SharedPages
from shopcore.payments.errors import GatewayNotOffered, PaymentNotFound
from shopcore.settings import InvalidSettings, Settings, describe, read_settings

__all__ = [
    "Guest",
    "Health",
    "InvalidSettings",
    "MoveProgress",
    "Settings",
    "Shop",
    "ShopOf",
    "Staff",
    "describe",
    "move",
    "owner",
    "read_settings",
    "restore",
    "sample_mails",
]


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the shop can serve, and how each thing that it needs is. Degraded, it serves without one of them."""

    ready: bool
    degraded: bool = False
    dependencies: dict[str, str]


def owner(name: str = "owner") -> Staff:
    """Somebody with every permission: whoever has the machine has the shop."""
    return Staff(name=name, permissions=frozenset({EVERYTHING}))


def restore(settings: Settings, backup: Path) -> None:
    """Put a verified backup where the shop's file is to be. Raises `StoreUnusable` rather than overwrite one."""
    adapters.restore(settings, backup)


def sample_mails(settings: Settings, language: str | None = None) -> Sequence[tuple[str, Message]]:
    """One mail of each kind, with its kind, as a shop of these settings writes it. Raises `TemplateBroken`."""
    chosen = settings if language is None else msgspec.structs.replace(settings, mail_language=language)
    return mailers.sample_mails(chosen)


async def move(
    settings: Settings, *, source: str, target: str, progress: Callable[[MoveProgress], None]
) -> Sequence[MovedShelf]:
    """Move a whole shop from one store to another, each named as `STORE_URL` does, with the keys of these settings.

    Raises `StoreUnusable`, `TargetNotEmpty`, `MoveUnfinished` or `MoveDiffers`.
    """
    async with open_move(settings, source, target) as (move_shop, name):
        return await move_shop(owner(), name=name, progress=progress)


class Shop:
    """A shop that is open. Made by `Shop.open`."""

    def __init__(self, settings: Settings, cases: UseCases, store: Store, world: World, bank: BogusBank) -> None:
        self.settings = settings
        self.draining = False
        self._cases = cases
        self._store = store
        self._world = world
        self._bank = bank
        self._worker = Worker(cases, world, bank, stop_seconds=settings.worker_stop_seconds)

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: Settings | None = None, *, report: Report | None = None) -> "AsyncGenerator[Shop]":
        """Open the shop of these settings (those of the environment if None), and close it at the end.

        `report` hears of failed jobs; the log does if it is None.

        Raises `InvalidSettings`, `InvalidInput` for a rate of jobs that there are not, or `Unavailable` for a store
        that cannot be used.
        """
        chosen = read_settings() if settings is None else settings
        async with running(Container(settings=chosen, report=report or adapters.failure_log())) as (
            cases,
            store,
            world,
            bank,
        ):
            yield cls(chosen, cases, store, world, bank)

    def as_(self, actor: Actor) -> ShopOf:
        """The shop as this actor sees it."""
        return ShopOf(self._cases, actor)

    async def admit_integration(self, secret: str) -> Integration:
        """Whoever holds this API key. Raises `InvalidApiKey`."""
        return await self._cases.access.admit_integration(Guest(), secret=secret)

    async def admit_staff(self, customer: Customer) -> Staff:
        """The member of staff that a customer is. Raises `NotStaff` or `SecondFactorRequired`."""
        return await self._cases.access.admit_staff(customer)

    @property
    def currency(self) -> str:
        """What the shop sells in unless a buyer asks for another."""
        return self.settings.currency

    @property
    def limiter(self) -> RateLimiter:
        """Counts requests."""
        return self._world.limiter

    def hit(self, key: str, limit: int, window_seconds: float) -> Awaitable[Allowance]:
        """Count a hit of now."""
        return self.limiter.hit(key, limit, window_seconds, self.clock.now())

    async def authenticate(self, guest: Guest, token: str) -> Customer | Integration:
        """The customer, or the system, who comes with an access token. Raises `InvalidAccessToken`."""
        return await self._cases.oauth.authenticate(guest, token=token)

    def page_token(self, session_id: SessionId) -> str:
        """What a page of ours shows with the cookies of a session, so that no other page can act in its name."""
        return self._page_tokens(session_id)[0]

    def is_page_token(self, session_id: SessionId, token: str) -> bool:
        """Whether a page of ours was told this, also by a process whose `SIGNING_KEY` has another of the keys first."""
        shown = token.encode()
        return True in [hmac.compare_digest(shown, each.encode()) for each in self._page_tokens(session_id)]

    def _page_tokens(self, session_id: SessionId) -> Sequence[str]:
        return [each.hex() for each in self._world.signer.signatures(session_id.encode(), "page")]

    def session_of(self, refresh_token: str) -> SessionId:
        """The session that a refresh token is of, whether it lives or not. Raises `InvalidRefreshToken`."""
        return read_refresh_token(self._world.signer, refresh_token)[0]

    def access_keys(self) -> Sequence[Mapping[str, str]]:
        """The public keys that access tokens are verified with, as JWKs (RFC 7517)."""
        return self._world.access_tokens.public_keys()

    def new_id(self) -> str:
        """An id from the shop's own source."""
        return self._world.ids.new()

    @property
    def clock(self) -> Clock:
        """The shop's time."""
        return self._world.clock

    @property
    def bogus(self) -> BogusBank:
        """The pretend bank, for trying payments out. Raises `GatewayNotOffered` where that is not done."""
        if not any(bank.gateway.name in self._world.gateways for bank in self._bank.all):
            raise GatewayNotOffered(self._bank.gateway.name)
        return self._bank

    async def bogus_bank(self, charge_id: str) -> BogusBank:
        """The pretend bank that has this charge, or the first one. Raises `GatewayNotOffered`."""
        for bank in self.bogus.all[1:]:
            with suppress(PaymentNotFound):
                await bank.gateway.charge(charge_id)
                return bank
        return self.bogus

    def product_file(self, path: Path) -> ProductFile:
        """A Shopify product export, to be imported."""
        return self._world.product_file(path)

    async def once(
        self, actor: Actor, *, act: str, key: str, body: bytes, run: Run, refused: Render, in_steps: bool = False
    ) -> Answer:
        """Answer a keyed request once; see `AnswerOnce`."""
        return await self._cases.answer_once(
            actor, act=act, key=key, body=body, run=run, refused=refused, in_steps=in_steps
        )

    def catalog_revision(self) -> Awaitable[int]:
        """A number that changes whenever the catalogue does: at once when this process changes it, within half a second
        when another one does.
        """
        return self._store.page_revision.current()

    async def migrate(self) -> int:
        """Bring the store's schema up to date, and mend what is missing of it; answers its version."""
        return await self._store.migrate()

    async def health(self) -> Health:
        """Look at what the shop needs."""
        try:
            await self._store.ping()
        except Unavailable as error:
            return Health(ready=False, dependencies={"store": error.detail})
        found = {"store": "up"}
        if self._world.shared is not None:
            found["redis"] = (await self._world.shared.check()).problem or "up"
        if (working := self._worker.state) is not None:
            found["worker"] = working
        return Health(ready=not self.draining, degraded=set(found.values()) != {"up"}, dependencies=found)

    async def queue_depth(self) -> Sequence[Depth]:
        """The jobs that are not done, counted by kind and state. Raises `Unavailable`."""
        return await self._cases.jobs.depth(System(kind="metrics"))

    async def message_tally(self) -> Sequence[Tally]:
        """What was sent, counted by kind and how it ended. Raises `Unavailable`."""
        return await self._cases.messages.tally(System(kind="metrics"))

    def shared_state(self) -> SharedState | None:
        """How this process stands to what the processes of the shop share; None where they share nothing."""
        return self._world.shared.state() if self._world.shared else None

    @property
    def pages(self) -> SharedPages | None:
        """Encoded pages that the servers of the shop make for each other."""
        return self._world.shared.pages if self._world.shared else None

    async def back_up(self, target: Path) -> int:
        """Copy the shop's file while it sells, verified; answers the copy's bytes. Raises `StoreUnusable`."""
        return await asyncio.to_thread(adapters.back_up, self.settings, target)

    async def run_worker(self) -> None:
        """Do jobs until cancelled; then finish what is under way, and hand back what takes too long."""
        await self._worker.run()

    async def work_off(self) -> int:
        """Do everything that is due now, and what follows from it; answers how many jobs that were."""
        return await self._worker.work_off()
