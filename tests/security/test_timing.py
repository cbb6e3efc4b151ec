"""Nobody learns by time whether somebody has an account: what is asked about one that exists takes as long as else.

The two are asked about in turn, so that whatever else the machine does falls on both, and the quickest answers of each
are compared: they tell what an answer costs, and the others what else the machine did.
"""

import base64
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean

import msgspec
import pytest
from tests.stories import Story, opened

from shopcore.adapters.local.ids import LocalIds
from shopcore.identity.errors import InvalidCredentials, InvalidPasskey
from shopcore.identity.model import Assertion, Device
from shopcore.identity.model.passkeys import user_handle
from shopcore.identity.ports import Passwords
from shopcore.identity.use_cases.ask_password_reset import AskPasswordReset
from shopcore.kernel.actor import Guest
from shopcore.kernel.ids import CustomerId

pytestmark = pytest.mark.anyio

KNOWN, PASSWORD = "ann@example.com", "difference engine no. 2"
ROUNDS = 30
QUICKEST = 5
ALIKE = 1.4  # the hash is most of the time of what is measured, so a way without it is several times faster

Ask = Callable[[str, int], Awaitable[None]]


@pytest.fixture
async def story(tmp_path: Path) -> AsyncGenerator[Story]:
    """A shop whose hashes cost some milliseconds, as real ones cost some more, with one customer."""
    async with opened(tmp_path, argon2_memory_cost=4096, argon2_time_cost=2) as told:
        await told.as_(Guest()).accounts.register(email=KNOWN, password=PASSWORD)
        await told.shop.work_off()
        await told.as_(Guest()).accounts.verify_email(token=await told.mailed_token())
        yield told


async def ratio(ask: Ask) -> float:
    """How much longer the slower takes: about an address that has an account, or about one that has none."""
    taken: dict[bool, list[float]] = {True: [], False: []}
    for number in range(ROUNDS):
        for is_known in (True, False) if number % 2 else (False, True):
            begun = time.perf_counter()
            await ask(KNOWN if is_known else f"nobody{number}@example.com", number)
            taken[is_known].append(time.perf_counter() - begun)
    known, unknown = (mean(sorted(each)[:QUICKEST]) for each in (taken[True], taken[False]))
    return max(known, unknown) / min(known, unknown)


def signing_in(story: Story) -> Ask:
    async def ask(email: str, number: int) -> None:
        device = Device(network=f"192.0.2.{number}")
        with pytest.raises(InvalidCredentials):
            await story.as_(Guest()).accounts.sign_in(email=email, password="a wrong password", device=device)

    return ask


def registering(story: Story) -> Ask:
    async def ask(email: str, _number: int) -> None:
        await story.as_(Guest()).accounts.register(email=email, password=PASSWORD)

    return ask


def forgetting(story: Story) -> Ask:
    async def ask(email: str, _number: int) -> None:
        await story.clock.advance(60)  # a mailbox gets one mail a minute, whoever it is of
        await story.as_(Guest()).accounts.ask_password_reset(email=email)

    return ask


def asking_again(story: Story) -> Ask:
    async def ask(email: str, _number: int) -> None:
        await story.clock.advance(60)
        await story.as_(Guest()).accounts.resend_verification(email=email)

    return ask


def asking_for_a_passkey(story: Story) -> Ask:
    """It is told no address at all; what is asked for along with a password is asked for likewise."""

    async def ask(email: str, _number: int) -> None:
        await story.as_(Guest()).accounts.ask_for_passkey(second_factor=email == KNOWN)

    return ask


def showing_a_passkey(story: Story) -> Ask:
    """One that is not known, in the name of somebody who is there, or of nobody."""
    handles: dict[bool, str] = {False: user_handle(CustomerId(LocalIds().new()))}

    async def ask(email: str, _number: int) -> None:
        if email == KNOWN and True not in handles:  # once: only the quickest are compared
            account = await story.place.store.accounts.find_by_email(KNOWN)
            assert account is not None
            handles[True] = user_handle(account.id)
        asked = await story.as_(Guest()).accounts.ask_for_passkey()
        said = {"type": "webauthn.get", "challenge": asked.challenge, "origin": story.shop.settings.app_url}
        shown = Assertion(
            credential="A" * 22,
            client_data=base64.urlsafe_b64encode(msgspec.json.encode(said)).decode().rstrip("="),
            authenticator_data="A" * 50,
            signature="A" * 96,
            user_handle=handles[email == KNOWN],
        )
        with pytest.raises(InvalidPasskey):
            await story.as_(Guest()).accounts.sign_in_by_passkey(assertion=shown)

    return ask


@pytest.mark.parametrize(
    "act", [signing_in, registering, forgetting, asking_again, asking_for_a_passkey, showing_a_passkey]
)
async def test_enumeration_by_time(story: Story, act: Callable[[Story], Ask]) -> None:
    assert await ratio(act(story)) < ALIKE


class Hasty:
    """Does not compute what can only be wrong."""

    def __init__(self, inner: Passwords) -> None:
        self._inner = inner

    async def hash(self, password: str) -> str:
        return await self._inner.hash(password)

    async def verify(self, hashed: str | None, password: str) -> bool:
        return hashed is not None and await self._inner.verify(hashed, password)

    def is_current(self, hashed: str) -> bool:
        return self._inner.is_current(hashed)


async def test_a_short_cut_would_be_noticed(story: Story) -> None:
    story.place.world = replace(story.place.world, passwords=Hasty(story.place.world.passwords))
    story.reopen()

    assert await ratio(signing_in(story)) > 2 * ALIKE


@dataclass(frozen=True)
class Eager:
    """Asks for a mail only where there is somebody to write to."""

    inner: AskPasswordReset

    async def __call__(self, actor: Guest, *, email: str) -> None:
        if await self.inner.accounts.find_by_email(email) is not None:
            await self.inner(actor, email=email)


async def test_a_mail_that_is_asked_for_only_where_there_is_somebody_would_be_noticed(story: Story) -> None:
    eager = Eager(story.shop._cases.accounts.ask_password_reset)

    async def ask(email: str, _number: int) -> None:
        await story.clock.advance(60)
        await eager(Guest(), email=email)

    assert await ratio(ask) > ALIKE
