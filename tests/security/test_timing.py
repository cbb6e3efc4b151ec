"""Nobody learns by time whether somebody has an account: what is asked about one that exists takes as long as else.

The two are asked about in turn, and what is compared is the work that the process did, not the time that went by: that
a machine is busy with others makes nothing look slower than it is. Each pair is one vote on which of the two
cost more by a twentieth (the sign test, Dixon and Mood 1946): where neither does, so many votes for one of them come
once in a thousand runs, and not that often, since the most that is really there is below a twentieth.
"""

import base64
import hashlib
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, replace
from math import comb
from pathlib import Path

import msgspec
import pytest
from tests.stories import Story, opened

from shopcore.adapters.local.ids import LocalIds
from shopcore.adapters.local.limiter import LocalLimiter
from shopcore.identity.errors import InvalidCredentials, InvalidPasskey
from shopcore.identity.model import Assertion, Device
from shopcore.identity.model.passkeys import user_handle
from shopcore.identity.ports import Passwords
from shopcore.identity.use_cases.ask_password_reset import AskPasswordReset
from shopcore.kernel.actor import Guest
from shopcore.kernel.ids import CustomerId

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(240)]

VERIFIED, UNVERIFIED, UNSET = "ann@example.com", "new@example.com", "eve@example.com"
PASSWORD = "difference engine no. 2"
PAIRS = 120
ALPHA = 0.001
MARGIN = 1.05

Ask = Callable[[str], Awaitable[None]]


class Steady:
    """What a hash costs, always the same and less of it: two milliseconds in the place of forty."""

    async def hash(self, password: str) -> str:
        work()
        return f"made of {password}"

    async def verify(self, hashed: str | None, password: str) -> bool:
        work()
        return hashed == f"made of {password}"

    def is_current(self, _hashed: str) -> bool:
        return True


def work(share: float = 1.0) -> None:
    hashlib.pbkdf2_hmac("sha256", b"a password", b"its salt", int(8_000 * share))


@pytest.fixture
async def story(tmp_path: Path) -> AsyncGenerator[Story]:
    """A shop with one customer who has verified their address, one who has not, and one whose password is not set."""
    async with opened(tmp_path) as told:
        with_passwords(told, Steady())
        for email in (VERIFIED, UNVERIFIED, UNSET):
            await told.as_(Guest()).accounts.register(email=email, password=PASSWORD)
            await told.shop.work_off()
            if email == VERIFIED:
                token = await told.mailed_token()
                await told.as_(Guest()).accounts.verify_email(token=token, password=PASSWORD)
        await told.as_(Guest()).accounts.register(email=UNSET, password="not the same password")
        unset = await told.place.store.accounts.find_by_email(UNSET)
        assert unset is not None
        assert unset.password is None
        yield told


def with_passwords(story: Story, passwords: Passwords) -> None:
    story.place.world = replace(story.place.world, passwords=passwords)
    story.reopen()


async def votes(story: Story, ask: Ask, email: str) -> tuple[int, int]:
    """In how many pairs an answer about that address cost more than one about nobody's, and in how many less."""
    more = less = 0
    for number in range(PAIRS):
        await story.clock.advance(60)  # a mailbox gets one mail a minute, whoever it is of
        costs = {}
        for is_known in (True, False) if number % 2 else (False, True):
            costs[is_known] = min(
                [
                    await cost(story, ask, email if is_known else f"nobody{number}-{time_}@example.com")
                    for time_ in range(2)
                ]
            )
        more += costs[True] > costs[False] * MARGIN
        less += costs[False] > costs[True] * MARGIN
    return more, less


async def cost(story: Story, ask: Ask, email: str) -> float:
    """In seconds of this process's work, its threads included."""
    assert isinstance(story.place.world.limiter, LocalLimiter)
    story.place.world.limiter._counters.clear()
    begun = time.process_time()
    await ask(email)
    return time.process_time() - begun


def is_chance(count: int) -> bool:
    """Whether a fair coin shows so many heads, or more, at least once in a thousand times."""
    return bool(sum(comb(PAIRS, heads) for heads in range(count, PAIRS + 1)) >= ALPHA * 2**PAIRS)


def signing_in(story: Story) -> Ask:
    async def ask(email: str) -> None:
        with pytest.raises(InvalidCredentials):
            await story.as_(Guest()).accounts.sign_in(
                email=email, password="a wrong password", device=Device(network="192.0.2.7")
            )

    return ask


def registering(story: Story) -> Ask:
    async def ask(email: str) -> None:
        await story.as_(Guest()).accounts.register(email=email, password="another engine, no. 3")

    return ask


def forgetting(story: Story) -> Ask:
    async def ask(email: str) -> None:
        await story.as_(Guest()).accounts.ask_password_reset(email=email)

    return ask


def asking_again(story: Story) -> Ask:
    async def ask(email: str) -> None:
        await story.as_(Guest()).accounts.resend_verification(email=email)

    return ask


def asking_for_a_passkey(story: Story) -> Ask:
    """It is told no address at all; what is asked for along with a password is asked for likewise."""

    async def ask(email: str) -> None:
        await story.as_(Guest()).accounts.ask_for_passkey(second_factor=email == VERIFIED)

    return ask


@pytest.mark.parametrize("email", [VERIFIED, UNVERIFIED, UNSET])
@pytest.mark.parametrize("act", [signing_in, registering])
async def test_enumeration_by_time_where_a_password_is_asked(
    story: Story, act: Callable[[Story], Ask], email: str
) -> None:
    """Of one that is verified, one that is not, and one without a password; registered again, it is contested."""
    counted = await votes(story, act(story), email)

    assert [is_chance(each) for each in counted] == [True, True], counted


@pytest.mark.parametrize("email", [VERIFIED, UNVERIFIED])
@pytest.mark.parametrize("act", [forgetting, asking_again, asking_for_a_passkey])
async def test_enumeration_by_time_where_none_is(story: Story, act: Callable[[Story], Ask], email: str) -> None:
    counted = await votes(story, act(story), email)

    assert [is_chance(each) for each in counted] == [True, True], counted


async def test_enumeration_by_time_with_a_passkey(story: Story) -> None:
    """One that is not known, in the name of somebody who is there, or of nobody."""
    account = await story.place.store.accounts.find_by_email(VERIFIED)
    assert account is not None
    handles = {True: user_handle(account.id), False: user_handle(CustomerId(LocalIds().new()))}

    async def ask(email: str) -> None:
        asked = await story.as_(Guest()).accounts.ask_for_passkey()
        said = {"type": "webauthn.get", "challenge": asked.challenge, "origin": story.shop.settings.app_url}
        shown = Assertion(
            credential="A" * 22,
            client_data=base64.urlsafe_b64encode(msgspec.json.encode(said)).decode().rstrip("="),
            authenticator_data="A" * 50,
            signature="A" * 96,
            user_handle=handles[email == VERIFIED],
        )
        work(0.5)  # what checking a passkey that is known would cost
        with pytest.raises(InvalidPasskey):
            await story.as_(Guest()).accounts.sign_in_by_passkey(assertion=shown)

    counted = await votes(story, ask, VERIFIED)

    assert [is_chance(each) for each in counted] == [True, True], counted


class Leaky(Steady):
    """Works a tenth more where there is a hash."""

    async def verify(self, hashed: str | None, password: str) -> bool:
        if hashed is not None:
            work(0.1)
        return await super().verify(hashed, password)


async def test_a_tenth_more_would_be_noticed(story: Story) -> None:
    with_passwords(story, Leaky())
    more, less = await votes(story, signing_in(story), VERIFIED)

    assert (is_chance(more), is_chance(less)) == (False, True), (more, less)


class Hasty(Steady):
    """Does not compute what can only be wrong."""

    async def verify(self, hashed: str | None, password: str) -> bool:
        return hashed is not None and await super().verify(hashed, password)


async def test_a_short_cut_would_be_noticed(story: Story) -> None:
    with_passwords(story, Hasty())
    more, _ = await votes(story, signing_in(story), VERIFIED)

    assert more == PAIRS


@dataclass(frozen=True)
class Eager:
    """Asks for a mail only where there is somebody to write to."""

    inner: AskPasswordReset

    async def __call__(self, actor: Guest, *, email: str) -> None:
        if await self.inner.accounts.find_by_email(email) is not None:
            await self.inner(actor, email=email)


async def test_a_mail_that_is_asked_for_only_where_there_is_somebody_would_be_noticed(story: Story) -> None:
    eager = Eager(story.shop._cases.accounts.ask_password_reset)

    async def ask(email: str) -> None:
        await eager(Guest(), email=email)

    more, _ = await votes(story, ask, VERIFIED)

    assert not is_chance(more)


async def test_the_real_hash_is_computed_for_nobody_too(tmp_path: Path) -> None:
    """At a cost of milliseconds, whose work is told from an answer without it by any clock."""
    async with opened(tmp_path, argon2_memory_cost=4096, argon2_time_cost=2) as story:
        await story.as_(Guest()).accounts.register(email=VERIFIED, password=PASSWORD)
        await story.shop.work_off()
        await story.as_(Guest()).accounts.verify_email(token=await story.mailed_token(), password=PASSWORD)
        spent = {
            email: min([await cost(story, signing_in(story), email) for _ in range(10)])
            for email in (VERIFIED, "nobody@example.com")
        }

    assert max(spent.values()) < 1.4 * min(spent.values())
