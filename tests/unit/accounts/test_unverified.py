"""Whoever never follows the link is forgotten; whoever does is not."""

import pytest
from tests.stories import Story

from shopcore.identity.errors import InvalidLink
from shopcore.kernel.actor import Guest

pytestmark = pytest.mark.anyio

A_DAY = 24 * 60 * 60
PASSWORD = "difference engine no. 2"


async def registered(story: Story, email: str) -> None:
    await story.as_(Guest()).accounts.register(email=email, password=PASSWORD)
    await story.shop.work_off()


@pytest.mark.parametrize("again", ["resend", "register", "forgot"])
async def test_an_account_is_there_for_as_long_as_its_latest_link(story: Story, again: str) -> None:
    """Whoever asks on the last day has a day, also where a stranger had registered the address."""
    await registered(story, "eve@example.com")
    await story.passes(6.9 * A_DAY)
    accounts = story.as_(Guest()).accounts
    if again == "register":
        await accounts.register(email="eve@example.com", password="another engine no. 3")
    else:
        await (accounts.resend_verification if again == "resend" else accounts.ask_password_reset)(
            email="eve@example.com"
        )
    await story.shop.work_off()
    link = await story.mailed_token()
    await story.passes(0.9 * A_DAY)
    assert (await story.as_(Guest()).accounts.verify_email(token=link)).account.email == "eve@example.com"


async def test_whose_link_is_over_is_forgotten_a_week_later(story: Story) -> None:
    await registered(story, "eve@example.com")
    await story.passes(6 * A_DAY)
    await registered(story, "eve@example.com")
    await story.passes(6 * A_DAY)
    waited = (await story.staff.people.list()).items
    await story.passes(A_DAY + 3600)

    assert [person.email for person in waited] == ["eve@example.com"]
    assert (await story.staff.people.list()).items == []


async def test_an_account_that_nobody_verifies_is_forgotten_by_itself(story: Story) -> None:
    """After a week, by a schedule; the audit log has the number and nobody's name. The address can be registered."""
    await registered(story, "ann@example.com")
    await story.as_(Guest()).accounts.verify_email(token=await story.mailed_token())
    await registered(story, "eve@example.com")
    await registered(story, "tom@example.com")
    link = await story.mailed_token()
    await story.clock.advance(6 * A_DAY)
    await story.shop.work_off()
    waited = [person.email for person in (await story.staff.people.list()).items]
    await story.passes(A_DAY + 3600)
    left = [person.email for person in (await story.staff.people.list()).items]
    with pytest.raises(InvalidLink):
        await story.as_(Guest()).accounts.verify_email(token=link)
    entries = [each for each in (await story.staff.audit.list()).items if each.action == "account.forget_unverified"]
    await registered(story, "eve@example.com")
    await story.as_(Guest()).accounts.verify_email(token=await story.mailed_token())

    assert sorted(waited) == ["ann@example.com", "eve@example.com", "tom@example.com"]
    assert left == ["ann@example.com"]
    assert [entry.after["accounts"] for entry in entries] == ["2"]
    assert "eve" not in str(entries)
