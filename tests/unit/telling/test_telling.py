"""Other systems are told what happens to orders: all of it, once, numbered, and signed."""

from datetime import timedelta

import pytest
from tests.receivers import Receiver
from tests.stories import Story

from shopcore.jobs.model import JobState
from shopcore.webhooks.model import DeliveryState, Endpoint
from shopcore.webhooks.model.deliveries import PAUSES

pytestmark = pytest.mark.anyio

DAY = timedelta(days=1).total_seconds()


async def listening(story: Story, receiver: Receiver, *events: str) -> tuple[Endpoint, str]:
    return await story.staff.webhooks.create_endpoint(url=receiver.url, events=events)


async def endpoint_of(story: Story) -> Endpoint:
    (found,) = await story.staff.webhooks.list_endpoints()
    return found


async def test_every_step_of_an_order_is_told_once_in_one_sequence(story: Story, receiver: Receiver) -> None:
    """From the first one on, under the ids that it will always have."""
    await story.sell()
    _, secret = await listening(story, receiver)
    bought = await story.buy()
    await story.settles()
    order = await bought.order()
    await story.staff.orders.annotate(order_id=order.id, text="Somebody rang")
    await story.staff.orders.ship(order_id=order.id)
    await story.settles()

    steps = [entry.event for entry in (await bought.order()).timeline]
    assert steps == ["placed", "paid", "note", "shipped"]
    assert sorted(receiver.ids) == [f"evt_{order.id}_{number}" for number in (1, 2, 3, 4)]
    told = {each.sequence: each.said["type"] for each in receiver.taken}
    assert told == {number: f"order.{step}" for number, step in enumerate(steps, start=1)}
    assert all(each.is_signed_with(secret) for each in receiver.taken)
    assert b"rang" not in b"".join(each.body for each in receiver.taken)


async def test_who_wants_some_events_is_told_those(story: Story, receiver: Receiver) -> None:
    """The sequence says that there were others."""
    await story.sell()
    await listening(story, receiver, "order.paid", "order.cancelled")
    await story.buy()
    await story.settles()

    assert [(each.said["type"], each.sequence) for each in receiver.taken] == [("order.paid", 2)]


async def test_an_order_from_before_is_told_from_its_beginning(story: Story, receiver: Receiver) -> None:
    """Once something happens to it."""
    await story.sell()
    bought = await story.buy()
    await story.settles()
    await listening(story, receiver)
    await story.passes(2)
    await story.staff.orders.ship(order_id=(await bought.order()).id)
    await story.settles()

    assert sorted(each.sequence for each in receiver.taken) == [1, 2, 3]


async def test_a_shop_without_endpoints_writes_no_jobs_for_them(story: Story) -> None:
    await story.sell()
    await story.buy()

    assert "announce_order" not in await story.jobs(JobState.WAITING)


async def test_what_is_not_taken_is_tried_for_two_days_under_one_id(story: Story, receiver: Receiver) -> None:
    """Then the delivery is given up, the endpoint is switched off, and staff get a mail and find an entry."""
    await story.sell()
    await listening(story, receiver, "order.paid")
    receiver.status = 503
    began = story.clock.now()
    await story.buy()
    await story.passes(1)
    for pause in PAUSES:
        await story.passes(1.1 * pause.total_seconds() + 1)

    endpoint = await endpoint_of(story)
    (delivery,) = (await story.staff.webhooks.list_deliveries(endpoint_id=endpoint.id)).items
    assert len(receiver.taken) == len(PAUSES) + 1 == delivery.tries
    assert len(set(receiver.ids)) == 1
    assert delivery.state is DeliveryState.FAILED
    assert delivery.log[-1].at - began > timedelta(days=2)
    assert (endpoint.is_on, endpoint.off_reason) == (False, "it took nothing for two days")
    (mail,) = await story.mails("endpoint-off")
    assert "took nothing for two days" in mail
    assert f"shop webhook-endpoints on {endpoint.id}" in " ".join(mail.split())
    assert await story.jobs(JobState.DEAD) == []
    assert (await story.staff.audit.list()).items[0].action == "webhook_endpoint.switch"


async def test_who_takes_it_in_time_stays_on(story: Story, receiver: Receiver) -> None:
    """Whatever failed before."""
    await story.sell()
    await listening(story, receiver, "order.paid")
    receiver.status = 500
    await story.buy()
    await story.passes(1)
    assert (await endpoint_of(story)).failing_since is not None
    receiver.status = 200
    await story.settles()

    endpoint = await endpoint_of(story)
    (delivery,) = (await story.staff.webhooks.list_deliveries(endpoint_id=endpoint.id)).items
    assert (endpoint.is_on, endpoint.failing_since) == (True, None)
    assert (delivery.state, [each.status for each in delivery.log]) == (DeliveryState.DELIVERED, [500, 200])


async def test_who_is_gone_is_told_nothing_more(story: Story, receiver: Receiver) -> None:
    """410 is for good (Standard Webhooks, "Delivery success and failure")."""
    await story.sell()
    await listening(story, receiver)
    receiver.status = 410
    await story.buy()
    await story.settles()
    told = len(receiver.taken)
    await story.buy()
    await story.settles()

    assert not (await endpoint_of(story)).is_on
    (mail,) = await story.mails("endpoint-off")
    assert "answered 410 Gone" in mail
    assert len(receiver.taken) == told


async def test_an_endpoint_says_how_long_to_wait(story: Story, receiver: Receiver) -> None:
    await story.sell()
    await listening(story, receiver, "order.paid")
    receiver.status, receiver.headers = 429, {"retry-after": "3600"}
    await story.buy()
    await story.passes(1)
    await story.passes(3000)
    assert len(receiver.taken) == 1
    await story.passes(3600)

    assert len(receiver.taken) == 2


async def test_a_redirect_is_not_followed(story: Story, receiver: Receiver) -> None:
    """Wherever it leads to; it is a failure."""
    await story.sell()
    await listening(story, receiver, "order.paid")
    receiver.status, receiver.headers = 307, {"location": receiver.url + "/elsewhere"}
    await story.buy()
    await story.passes(1)

    (delivery,) = (await story.staff.webhooks.list_deliveries(endpoint_id=(await endpoint_of(story)).id)).items
    assert [each.status for each in delivery.log] == [307]
    assert len(receiver.taken) == 1


async def test_two_secrets_sign_for_a_day(story: Story, receiver: Receiver) -> None:
    """So a receiver changes in its own time; afterwards the old one is good no more."""
    await story.sell()
    endpoint, old = await listening(story, receiver, "order.paid")
    _, new = await story.staff.webhooks.rotate_secret(endpoint_id=endpoint.id)
    await story.buy()
    await story.settles()
    await story.passes(DAY)
    await story.buy()
    await story.settles()

    first, last = receiver.taken
    assert (first.is_signed_with(old), first.is_signed_with(new)) == (True, True)
    assert (last.is_signed_with(old), last.is_signed_with(new)) == (False, True)


async def test_what_an_endpoint_missed_is_replayed_from_where_it_was(story: Story, receiver: Receiver) -> None:
    """Under the same ids, each once."""
    await story.sell()
    endpoint, _ = await listening(story, receiver)
    await story.buy()
    await story.settles()
    before = max(receiver.ids)
    told = len(receiver.taken)
    await story.staff.webhooks.change_endpoint(endpoint_id=endpoint.id, is_on=False)
    for _ in range(3):
        await story.buy()
        await story.settles()
    assert len(receiver.taken) == told
    await story.staff.webhooks.change_endpoint(endpoint_id=endpoint.id, is_on=True)
    receiver.taken.clear()
    await story.staff.webhooks.replay(endpoint_id=endpoint.id, after=before)
    await story.settles()

    log = (await story.staff.webhooks.list_events(after=before, limit=100)).items
    assert sorted(receiver.ids) == sorted(event.id for event in log)
    assert len(receiver.ids) == len(set(receiver.ids)) == 6


async def test_one_event_is_sent_again_by_hand(story: Story, receiver: Receiver) -> None:
    await story.sell()
    endpoint, _ = await listening(story, receiver, "order.paid")
    await story.buy()
    await story.settles()
    await story.staff.webhooks.resend(endpoint_id=endpoint.id, event_id=receiver.ids[0])
    await story.settles()

    first, again = receiver.taken
    assert (first.id, first.body) == (again.id, again.body)
