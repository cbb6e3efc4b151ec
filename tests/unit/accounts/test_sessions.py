"""Where somebody is signed in: in so many places and no more."""

import pytest
from tests.stories import Story

from shopcore.identity.errors import SessionNotFound
from shopcore.identity.model import Device
from shopcore.identity.model.sessions import MOST
from shopcore.kernel.actor import Customer, Guest

pytestmark = pytest.mark.anyio

EMAIL, PASSWORD = "ann@example.com", "difference engine no. 2"


async def test_whoever_signs_in_again_and_again_ends_what_is_not_used(story: Story) -> None:
    """A thief who knows the password cannot hoard sessions, and throws no device out that is in use; the audit log says
    that one ended.
    """
    await story.as_(Guest()).accounts.register(email=EMAIL, password=PASSWORD)
    await story.shop.work_off()
    await story.as_(Guest()).accounts.verify_email(token=await story.mailed_token(), password=PASSWORD)
    accounts = story.as_(Guest()).accounts
    opened = []
    for number in range(MOST + 2):
        opened.append(await accounts.sign_in(email=EMAIL, password=PASSWORD, device=Device(name=f"{number}")))
        if number == MOST - 2:
            await story.clock.advance(60)
            await accounts.refresh(refresh_token=opened[0].tokens.refresh_token)
    ann = Customer(customer_id=opened[0].account.id)
    live = await story.as_(ann).sessions.list()
    entries = (await story.staff.audit.list(limit=3)).items

    assert [one.device for one in live] == ["0", *(str(number) for number in range(3, MOST + 2))]
    assert entries[0].after["sessions_ended"] == "1"
    with pytest.raises(SessionNotFound):
        await story.as_(ann).sessions.end(session_id=opened[1].session.id)
