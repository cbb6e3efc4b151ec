"""Mails about accounts: what the customer is told, once a minute at most, and nobody else."""

import re
from datetime import timedelta
from email import message_from_string, policy
from functools import partial

import msgspec
import pytest
from tests.stories import Story

from shopcore.identity.model import Passkey
from shopcore.kernel.actor import Customer, Guest, Staff, System
from shopcore.kernel.errors import Forbidden, Unauthenticated
from shopcore.kernel.ids import CustomerId, PasskeyId
from shopcore.notifications.model import Notice
from shopcore.notifications.model.account_mails import harmless
from shopcore.testing.clock import NEW_YEAR

pytestmark = pytest.mark.anyio

EMAIL, PASSWORD = "ann@example.com", "difference engine no. 2"


async def registers(story: Story, email: str = EMAIL, password: str = PASSWORD) -> None:
    await story.as_(Guest()).accounts.register(email=email, password=password)
    await story.shop.work_off()


async def subjects(story: Story) -> list[str]:
    return [line for mail in await story.mails() for line in mail.splitlines() if line.startswith("Subject:")]


async def test_however_often_somebody_asks_a_mailbox_gets_one_a_minute(story: Story) -> None:
    """So that nobody can be buried in mails by a stranger; a minute later the next one comes."""
    for _ in range(5):
        await registers(story)
        await story.as_(Guest()).accounts.resend_verification(email=EMAIL)
        await story.as_(Guest()).accounts.ask_password_reset(email=EMAIL)
    first = await subjects(story)
    await story.passes(61)
    await story.as_(Guest()).accounts.resend_verification(email=EMAIL)
    await story.shop.work_off()

    assert len(first) <= 2  # one for each thing that was asked for
    assert len(await subjects(story)) == len(first) + 1


async def test_however_many_want_a_mailbox_as_theirs_it_gets_one_mail_a_minute(story: Story) -> None:
    """Nobody is buried in mails by customers who ask for it."""
    customers = []
    for email in (EMAIL, "bob@example.com"):
        await story.passes(1)
        await registers(story, email)
        signed_in = await story.as_(Guest()).accounts.verify_email(token=await story.mailed_token(), password=PASSWORD)
        customers.append(Customer(customer_id=signed_in.account.id))

    async def asked() -> list[str]:
        for customer in customers:
            for _ in range(3):
                await story.as_(customer).profile.ask_email_change(email="stranger@example.org", password=PASSWORD)
        await story.shop.work_off()
        return [mail for mail in await story.mails() if "To: stranger@example.org" in mail]

    first = await asked()
    await story.passes(61)

    assert len(first) == 1
    assert len(await asked()) == 2


async def test_an_address_without_an_account_gets_no_mail(story: Story) -> None:
    """Though everything that can be seen from outside is the same, the job included."""
    await story.as_(Guest()).accounts.ask_password_reset(email="nobody@example.com")
    await story.as_(Guest()).accounts.resend_verification(email="nobody@example.com")
    waiting = await story.jobs("waiting")
    await story.shop.work_off()

    assert waiting.count("send_account_mail") == 2
    assert await story.mails() == []
    assert await story.jobs("dead") == []


async def test_who_has_an_account_is_told_when_somebody_registers_it_again(story: Story) -> None:
    """Without a link: nothing is to be done."""
    await registers(story)
    await verified(story)
    await story.passes(61)
    await registers(story, password="what the stranger chose")

    assert "Subject: You have an account already" in await subjects(story)


async def verified(story: Story) -> CustomerId:
    """Whoever has the mail follows its link."""
    signed_in = await story.as_(Guest()).accounts.verify_email(token=await story.mailed_token(), password=PASSWORD)
    return signed_in.account.id


async def test_jobs_carry_nothing_personal(story: Story) -> None:
    """Neither the address, nor the name, nor a token."""
    await story.as_(Guest()).accounts.register(email=EMAIL, password=PASSWORD, name="Ann Buyer")
    jobs = (await story.staff.jobs.list(state="waiting", limit=100)).items  # type: ignore[arg-type]
    said = " ".join(f"{job.kind} {job.payload} {job.unique_key}" for job in jobs)

    assert "send_account_mail" in said
    for secret in ("ann", "example.com", "Buyer", "token"):
        assert secret not in said.replace("account_mail", "")


async def test_mails_are_the_shop_s_own_to_send(story: Story) -> None:
    send = story.shop._cases.account_upkeep.send_mail
    asked = {"notice": Notice.PASSWORD_CHANGED, "asked_at": NEW_YEAR, "customer_id": CustomerId("nobody")}
    with pytest.raises(Unauthenticated):
        await send(Guest(), **asked)  # type: ignore[arg-type]
    with pytest.raises(Forbidden):
        await send(Staff(name="reader"), **asked)  # type: ignore[arg-type]
    await send(System(kind="job"), **asked)  # type: ignore[arg-type]

    assert await story.mails() == []


async def test_two_that_are_set_up_in_one_moment_have_a_link_each(story: Story) -> None:
    """Else whoever sets up two at once keeps from the owner that by which the other one is taken off."""
    customer_id, now = await verified_anew(story), story.shop.clock.now()
    keys = tuple(
        Passkey(id=PasskeyId(name), credential=name, public_key=b"key", name=name, created_at=now) for name in "ab"
    )
    await story.shop._store.accounts.update(customer_id, lambda held: msgspec.structs.replace(held, passkeys=keys))
    send = partial(story.shop._cases.account_upkeep.send_mail, System(kind="job"), customer_id=customer_id)
    for key in (*keys, keys[0]):  # a job that is done twice sends one
        await send(notice=Notice.PASSKEY_ADDED, asked_at=now, subject=key.id)
    for later in (1, 2):  # microseconds
        await send(notice=Notice.SECOND_FACTOR_OFF, asked_at=now + timedelta(microseconds=later))

    told = await subjects(story)
    bodies = [message_from_string(mail, policy=policy.default).get_body(("plain",)) for mail in await story.mails()]
    links = {found for body in bodies if body for found in re.findall(r"/sign-in-change#token=\S+", body.get_content())}
    assert told.count("Subject: A passkey was added to your account") == len(links) == 2
    assert told.count("Subject: The second factor of your account was removed") == 2


async def verified_anew(story: Story) -> CustomerId:
    """Whoever has just opened an account."""
    await registers(story)
    return await verified(story)


def test_a_name_that_a_stranger_chose_is_no_link() -> None:
    """A passkey is named by whoever adds it, and the mails that warn of it say the name."""
    assert harmless("My telephone") == "My telephone"
    assert harmless("call https://evil.example/x or 0800 123") == "call https evil example x or"
    assert harmless("0" * 100) == "?"
    assert len(harmless("x" * 100)) == 40
