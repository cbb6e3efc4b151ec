"""What is still to be sent is seen, and what somebody has decided not to send."""

import pytest
from msgspec import structs
from tests.stories import Story

from shopcore.jobs.model import Failure, JobState
from shopcore.kernel.actor import Staff
from shopcore.kernel.errors import Forbidden
from shopcore.kernel.ids import JobId
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


@pytest.mark.parametrize("errors", [[], ["mail_refused: for good"], ["KeyError"]])
async def test_a_message_is_counted_once_whatever_becomes_of_its_job(story: Story, errors: list[str]) -> None:
    """One that was refused has a row that says so; one that died before a server was asked has none."""
    await story.sell()
    story.bought(await story.reply(await story.cart()))
    job_id = await job_of(story, "send_order_confirmation")
    failures = tuple(Failure(at=story.clock.now(), attempt=1, error=error) for error in errors)
    await story.place.store.queue.change(
        job_id, lambda held: structs.replace(held, state=JobState.DEAD, failures=failures)
    )
    await story.staff.jobs.discard(job_id=job_id)
    await story.shop.work_off()
    found = [each.state for each in await story.staff.messages.tally() if each.kind == "order_confirmation"]

    assert found == ([] if errors == ["mail_refused: for good"] else [SendingState.DISCARDED])


async def test_what_was_sent_stays_sent(story: Story) -> None:
    """Clearing its job away takes nothing back."""
    await story.sell()
    story.bought(await story.reply(await story.cart()))
    job_id = await job_of(story, "send_order_confirmation")
    await story.shop.work_off()
    await story.staff.jobs.discard(job_id=job_id)
    await story.shop.work_off()
    found = [(each.state, each.messages) for each in await story.staff.messages.tally()]

    assert found == [(SendingState.SENT, 1)]


async def job_of(story: Story, kind: str) -> JobId:
    jobs = (await story.staff.jobs.list(limit=100)).items
    (job_id,) = (job.id for job in jobs if job.kind == kind)
    return job_id


def test_every_job_that_sends_is_known_by_what_it_sends() -> None:
    """Each kind of message has a job, and what a job sends that is not of one kind it says itself."""
    kinds = {draft.kind for draft in sample_drafts("USD", "https://shop.example")}
    notices = {*map(str, OrderNotice), *map(str, Notice)}

    assert {each for each in SENDING.values() if each} | notices == kinds
    assert [message_of("send_account_mail", {"notice": "reset"}), message_of("settle_stock", {})] == ["reset", None]
