"""Whoever guesses waits longer with each wrong try, and cannot keep the owner out by it."""

from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import pytest
from tests.stories import Story, opened

from shopcore.identity.errors import InvalidCredentials, TooManyAttempts
from shopcore.identity.model import Device, SignedIn
from shopcore.kernel.actor import Customer, Guest, SignIn

pytestmark = pytest.mark.anyio

ANN, PASSWORD = "ann@example.com", "difference engine no. 2"
HOME, AWAY = "192.0.2.0", "198.51.100.0"


@pytest.fixture
async def story(tmp_path: Path) -> AsyncGenerator[Story]:
    """A shop with one customer, who has signed in from home."""
    async with opened(tmp_path) as told:
        await told.as_(Guest()).accounts.register(email=ANN, password=PASSWORD, device=Device(network=HOME))
        await told.shop.work_off()
        await told.as_(Guest()).accounts.verify_email(token=await told.mailed_token(), device=Device(network=HOME))
        yield told


async def enter(story: Story, device: Device, *, email: str = ANN, password: str = PASSWORD) -> SignedIn:
    return await story.as_(Guest()).accounts.sign_in(email=email, password=password, device=device)


async def guess(story: Story, device: Device, email: str = ANN) -> float:
    """One wrong try; answers how long one has to wait for it to be looked at."""
    try:
        await enter(story, device, email=email, password="a wrong password")
    except InvalidCredentials:
        return 0.0
    except TooManyAttempts as refused:
        return refused.retry_after or 0.0
    raise AssertionError("a wrong password was right")


async def guesses(story: Story, device: Device, seconds: float, email: str = ANN) -> Sequence[float]:
    """As many wrong tries as that time has room for, by somebody who waits just as long as told: the waits between."""
    waits, passed = [0.0], 0.0
    while passed < seconds:
        wait = await guess(story, device, email)
        if wait == 0.0:
            waits.append(0.0)
            continue
        waits[-1] += wait + 0.001
        passed += wait + 0.001
        await story.clock.advance(wait + 0.001)
    return waits[1:]


async def test_each_wrong_try_lengthens_the_wait(story: Story) -> None:
    """A few slips cost nothing; then it is seconds, minutes, a quarter of an hour, hours."""
    waits = await guesses(story, Device(network=AWAY), 86_400)

    assert waits[:4] == [0.0] * 4
    assert 1 < max(waits[4:7]) <= 20
    assert 20 < max(waits[7:9]) <= 240
    assert 240 < max(waits[9:18]) <= 1_800
    assert max(waits[18:]) > 1_800
    assert len(waits) <= 100


async def test_an_address_without_an_account_is_treated_alike(story: Story) -> None:
    """Or the waiting would tell who is a customer."""
    known, unknown = [
        [await guess(story, Device(network=AWAY), email) for _ in range(12)] for email in (ANN, "nobody@example.com")
    ]

    assert known == unknown
    assert known[:5] == [0.0] * 5
    assert all(wait > 0 for wait in known[5:])


async def test_many_networks_have_fifty_tries_an_hour_together(story: Story) -> None:
    """And a hundred a day."""
    waits = [await guess(story, Device(network=f"10.0.{number}.0")) for number in range(60)]
    await story.clock.advance(2 * 3_600)
    waits += [await guess(story, Device(network=f"10.1.{number}.0")) for number in range(60)]
    await story.clock.advance(2 * 3_600)
    waits += [await guess(story, Device(network=f"10.2.{number}.0")) for number in range(60)]

    assert waits.count(0.0) == 100
    assert max(waits) > 3_600


async def test_who_guesses_from_elsewhere_does_not_keep_the_owner_out(story: Story) -> None:
    """Where they have been before they get in; from a new place by a mailed link, which nobody else can follow."""
    for number in range(120):
        await guess(story, Device(network=f"10.0.{number}.0"))
    with pytest.raises(TooManyAttempts):
        await enter(story, Device(network=AWAY))

    assert (await enter(story, Device(network=HOME))).account.email == ANN
    await story.clock.advance(60)  # of two mails of one moment none is the later one
    await story.as_(Guest()).accounts.ask_password_reset(email=ANN)
    await story.shop.work_off()
    await story.as_(Guest()).accounts.reset_password(token=await story.mailed_token(), password="analytical engine")
    assert (await enter(story, Device(network=AWAY), password="analytical engine")).account.email == ANN


async def test_who_guesses_next_door_does_not_keep_a_known_device_out(story: Story) -> None:
    """In the owner's own network: an office, a dormitory, everybody behind one carrier's address."""
    known = Device(network=HOME, token=(await enter(story, Device(network=HOME))).device_token)
    await guesses(story, Device(network=HOME), 3_600)
    while await guess(story, Device(network=HOME)) == 0.0:
        continue
    with pytest.raises(TooManyAttempts):
        await enter(story, Device(network=HOME))

    again = await enter(story, known)
    elsewhere = await enter(story, Device(network=AWAY, token=again.device_token))
    assert elsewhere.account.email == ANN


async def test_a_known_device_that_guesses_waits_as_well(story: Story) -> None:
    """It was stolen; the others of the owner do not wait for it."""
    stolen, other = [
        Device(network=HOME, token=(await enter(story, Device(network=HOME))).device_token) for _ in range(2)
    ]
    waits = [await guess(story, stolen) for _ in range(7)]

    assert waits[:5] == [0.0] * 5
    assert waits[5] > 0
    with pytest.raises(TooManyAttempts):
        await enter(story, stolen)
    assert (await enter(story, other)).account.email == ANN


async def test_a_device_is_known_to_its_own_account_for_its_time(story: Story) -> None:
    """Neither to another account, nor after another password, nor for ever, nor when it was made up."""
    await story.clock.advance(60)  # of two mails of one moment none is the later one
    await story.as_(Guest()).accounts.register(email="eve@example.com", password=PASSWORD)
    await story.shop.work_off()
    eve = await story.as_(Guest()).accounts.verify_email(
        token=await story.mailed_token(), password=PASSWORD, device=Device(network=AWAY)
    )
    own = (await enter(story, Device(network=HOME))).device_token
    for _ in range(6):
        await guess(story, Device(network=HOME))
    changed = ("A" if own[0] != "A" else "B") + own[1:]
    for token in (eve.device_token, changed, own[:-4], "", "!", "\u2603", "A" * 75):
        with pytest.raises(TooManyAttempts):
            await enter(story, Device(network=HOME, token=token))
    assert (await enter(story, Device(network=HOME, token=own))).account.email == ANN
    await story.clock.advance(181 * 86_400)
    for _ in range(6):
        await guess(story, Device(network=HOME))
    with pytest.raises(TooManyAttempts):
        await enter(story, Device(network=HOME, token=own))


async def test_the_right_password_wipes_the_slate(story: Story) -> None:
    """Whoever signs in often is not taken for a guesser; a slip now and then does not add up."""
    for _ in range(12):
        for _ in range(3):
            await guess(story, Device(network=HOME))
        await enter(story, Device(network=HOME))


async def test_a_session_that_was_taken_over_cannot_use_up_the_owner_s_tries(story: Story) -> None:
    """Of the password that is asked for once more, each session has its own."""
    stolen, own = [await enter(story, Device(network=HOME)) for _ in range(2)]

    def as_(signed_in: SignedIn) -> Customer:
        came = SignIn(session_id=signed_in.session.id, at=story.clock.now())
        return Customer(customer_id=signed_in.account.id, sign_in=came)

    async def change(signed_in: SignedIn, current: str) -> None:
        await story.as_(as_(signed_in)).profile.change_password(current=current, new="analytical engine")

    for _ in range(5):
        with pytest.raises(InvalidCredentials):
            await change(stolen, "a wrong password")
    with pytest.raises(TooManyAttempts):
        await change(stolen, PASSWORD)
    await change(own, PASSWORD)
