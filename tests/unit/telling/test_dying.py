"""The shop dies at every boundary between itself and the world while it tells: nothing is lost, nothing renumbered."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from tests.crashes import Crash, Fuse
from tests.receivers import Receiver
from tests.stories import Bought, Story

from shopcore.kernel.actor import Guest
from shopcore.webhooks.model import Answer
from shopcore.webhooks.ports import WebhookSender

pytestmark = pytest.mark.anyio

LATER = timedelta(seconds=45)  # longer than a request's and a job's lease
STEPS = ["placed", "paid", "note"]


async def runs(story: Story, guest: Guest) -> Bought:
    """Somebody buys, staff write a note, and both is told. Whoever comes again goes on where it was."""
    bought = story.bought(await story.reply(guest))
    order = await bought.order()
    await story.shop.work_off()
    if not any(entry.event == "note" for entry in order.timeline):
        await story.staff.orders.annotate(order_id=order.id, text="Hello")
    await story.shop.work_off()
    return bought


async def dies_and_comes_back(story: Story, receiver: Receiver, step: int) -> bool:
    """Run into a crash at that step, and go on in another process; whether there was such a step."""
    guest = await story.cart()
    receiver.taken.clear()
    fuse = Fuse(step)
    story.reopen(fuse)
    try:
        await runs(story, guest)
    except Crash:
        died = True
    else:
        died = False
    story.shop = story.place.open(later=LATER)
    bought = await runs(story, guest)
    for _ in range(3):
        await story.passes(60)
    await assert_told(receiver, bought, f"died at {fuse.names[-1]}")
    story.reopen()
    return died


async def assert_told(receiver: Receiver, bought: Bought, where: str) -> None:
    order = await bought.order()
    bodies = {(each.id, each.body) for each in receiver.taken}

    assert [entry.event for entry in order.timeline] == STEPS, where
    assert {each.id for each in receiver.taken} == {f"evt_{order.id}_{number}" for number in (1, 2, 3)}, where
    assert len(bodies) == len(STEPS), f"{where}: one event, two bodies"
    assert max(Counter(receiver.ids).values()) <= 2, f"{where}: more than one repeat"


async def test_nothing_is_lost_and_nothing_is_renumbered_wherever_it_dies(story: Story, receiver: Receiver) -> None:
    """What was on its way at that moment may be sent a second time, under its id and with the same bytes."""
    await story.sell(on_hand=1_000)
    await story.staff.webhooks.create_endpoint(url=receiver.url)
    steps = 0
    while await dies_and_comes_back(story, receiver, steps + 1):
        steps += 1

    assert steps > 20


async def test_staff_hear_of_an_endpoint_that_is_off_wherever_it_dies(story: Story, receiver: Receiver) -> None:
    """In one mail for each time, and no more."""
    await story.sell(on_hand=10)
    endpoint, _ = await story.staff.webhooks.create_endpoint(url=receiver.url)
    bought = await story.buy()
    await story.settles()
    receiver.status = 410
    order, step, died = await bought.order(), 0, True
    while died:
        step += 1
        story.reopen(Fuse(step))
        try:
            await story.staff.orders.annotate(order_id=order.id, text=f"Note {step}")
            await story.shop.work_off()
        except Crash:
            pass
        else:
            died = False
        story.shop = story.place.open(later=LATER)
        await story.staff.orders.annotate(order_id=order.id, text="Again")
        for _ in range(3):
            await story.passes(60)

        assert len(await story.mails("endpoint-off")) == step
        assert not (await story.staff.webhooks.show_endpoint(endpoint_id=endpoint.id)).is_on
        await story.staff.webhooks.change_endpoint(endpoint_id=endpoint.id, is_on=True)
        await story.passes(60)

    assert step > 10


@dataclass
class Boastful:
    """Says that it has sent what it has not."""

    inner: WebhookSender

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if b'"order.paid"' in body:
            return Answer(status=200)
        return await self.inner.send(url, headers, body)


@dataclass
class Renaming:
    """Gives each request an id of its own."""

    inner: WebhookSender
    sent: int = 0

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self.sent += 1
        return await self.inner.send(url, {**headers, "webhook-id": f"evt_{self.sent}"}, body)


@pytest.mark.parametrize("planted", [Boastful, Renaming])
async def test_what_is_lost_or_renamed_is_noticed(
    story: Story, receiver: Receiver, planted: type[Boastful] | type[Renaming]
) -> None:
    await story.sell(on_hand=10)
    await story.staff.webhooks.create_endpoint(url=receiver.url)
    sender = planted(story.place.world.webhook_sender)
    story.place.world = replace(story.place.world, webhook_sender=sender)

    with pytest.raises(AssertionError):
        await dies_and_comes_back(story, receiver, 9_999)
