"""What is still to be sent is seen, and what somebody has decided not to send."""

import pytest
from msgspec import structs
from tests.stories import Story

from shopcore.jobs.model import JobState
from shopcore.kernel.actor import Staff
from shopcore.kernel.errors import Forbidden
from shopcore.messages.model import SendingState
from shopcore.notifications.model import Notice, OrderNotice, sample_drafts
from shopcore.notifications.model.jobs_of_messages import SENDING, message_of

pytestmark = pytest.mark.anyio


async def unsent(story: Story) -> list[tuple[str, str, int]]:
    return [(each.kind, each.state.value, each.count) for each in await story.staff.messages.unsent()]


async def test_a_message_that_is_not_sent_is_seen_by_its_job(story: Story) -> None:
    """From the very moment in which there is something to tell, when it has failed, and when somebody gave it up."""
    await story.sell()
    story.bought(await story.reply(await story.cart()))
    due = await unsent(story)
    jobs = (await story.staff.jobs.list(state=JobState.WAITING, limit=100)).items
    (job_id,) = (job.id for job in jobs if job.kind == "send_order_confirmation")
    await story.place.store.queue.change(job_id, lambda held: structs.replace(held, state=JobState.DEAD))
    dead = await unsent(story)
    for other in (job.id for job in jobs if job.kind == "settle_stock"):
        await story.staff.jobs.discard(job_id=other)
    await story.staff.jobs.discard(job_id=job_id)
    await story.shop.work_off()
    with pytest.raises(Forbidden):
        await story.as_(Staff(name="x")).messages.unsent()

    assert due == [("send_order_confirmation", "waiting", 1)]
    assert dead == [("send_order_confirmation", "dead", 1)]
    assert await unsent(story) == []
    (gone,) = await story.staff.messages.tally()
    assert (gone.kind, gone.state, gone.messages) == ("order_confirmation", SendingState.DISCARDED, 1)


def test_every_job_that_sends_is_known_by_what_it_sends() -> None:
    """Each kind of message has a job, and what a job sends that is not of one kind it says itself."""
    kinds = {draft.kind for draft in sample_drafts("USD", "https://shop.example")}
    notices = {*map(str, OrderNotice), *map(str, Notice)}

    assert {each for each in SENDING.values() if each} | notices == kinds
    assert [message_of("send_account_mail", {"notice": "reset"}), message_of("settle_stock", {})] == ["reset", None]
