"""After a change of what a hash costs, an account of before it takes as long as one of after it, and as nobody's.

What is measured is the time of the processor: it does not depend on what else the machine does.
"""

import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from statistics import mean

import pytest
from tests.stories import Story, opened

from shopcore.adapters.argon2.passwords import Argon2Passwords, Cost
from shopcore.identity.errors import InvalidCredentials
from shopcore.identity.model import Device
from shopcore.kernel.actor import Guest

pytestmark = pytest.mark.anyio

OLD, NEW = Cost(16384, 1, 1), Cost(4096, 1, 1)
KNOWN, WAITING, PASSWORD = "ann@example.com", "bea@example.com", "difference engine no. 2"
ROUNDS, QUICKEST, ALIKE = 12, 4, 1.25

Ask = Callable[[str], Awaitable[object]]


@pytest.fixture
async def story(tmp_path: Path) -> AsyncGenerator[Story]:
    """Two customers of before the change, one of whom has not followed the link yet."""
    async with opened(tmp_path, argon2_memory_cost=OLD.memory, argon2_time_cost=OLD.passes) as told:
        guest = told.as_(Guest()).accounts
        await guest.register(email=KNOWN, password=PASSWORD)
        await told.shop.work_off()
        await guest.verify_email(token=await told.mailed_token(), password=PASSWORD)
        await guest.register(email=WAITING, password=PASSWORD)
        yield told


def changed(story: Story, *earlier: Cost) -> None:
    """The same shop, at another cost."""
    told = Argon2Passwords(memory_cost=NEW.memory, time_cost=NEW.passes, parallelism=1, earlier=earlier)
    story.place.world = replace(story.place.world, passwords=told)
    story.reopen()


async def ratio(ask: Ask, first: str) -> float:
    """How much longer it takes to ask about that address than about one that nobody has, or the other way round."""
    taken: dict[bool, list[float]] = {True: [], False: []}
    for number in range(ROUNDS):
        for is_known in (True, False) if number % 2 else (False, True):
            begun = time.process_time()
            await ask(first if is_known else f"nobody{number}@example.com")
            taken[is_known].append(time.process_time() - begun)
    known, unknown = (mean(sorted(each)[:QUICKEST]) for each in (taken[True], taken[False]))
    return max(known, unknown) / min(known, unknown)


def signing_in(story: Story) -> Ask:
    networks = iter(range(1_000))

    async def ask(email: str) -> None:
        device = Device(network=f"192.0.2.{next(networks)}")
        with pytest.raises(InvalidCredentials):
            await story.as_(Guest()).accounts.sign_in(email=email, password="a wrong password", device=device)

    return ask


def registering(story: Story) -> Ask:
    return lambda email: story.as_(Guest()).accounts.register(email=email, password=PASSWORD)


@pytest.mark.parametrize(("act", "whose"), [(signing_in, KNOWN), (registering, WAITING), (registering, KNOWN)])
async def test_who_was_there_before_the_change_is_not_told_from_nobody(
    story: Story, act: Callable[[Story], Ask], whose: str
) -> None:
    changed(story, OLD)

    assert await ratio(act(story), whose) < ALIKE


async def test_a_cost_that_nobody_named_is_known_from_the_first_hash_of_it(story: Story) -> None:
    changed(story)
    ask = signing_in(story)
    await ask(KNOWN)

    assert await ratio(ask, KNOWN) < ALIKE


async def test_the_difference_would_be_noticed(story: Story) -> None:
    """Where the cost of before is forgotten before each look, the two are told apart."""
    ask = signing_in(story)

    async def forgetful(email: str) -> None:
        changed(story)
        await ask(email)

    assert await ratio(forgetful, KNOWN) > 2
