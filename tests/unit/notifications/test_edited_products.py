"""A product that somebody edited into nonsense, while mails speak of it: they wait until it is mended."""

from datetime import datetime

import msgspec
import pytest
from tests.contracts.stores import mongo_store, sqlite_store
from tests.stories import TEA, Story
from tests.unit.notifications.test_news import DAY, HOUR, back, customer, mails, waiting, wishes

from shopcore.adapters.mongo.products import MongoProducts
from shopcore.adapters.sqlite.database import Database
from shopcore.adapters.sqlite.products import SqliteProducts
from shopcore.catalog.errors import VariantNotFound
from shopcore.catalog.model import Product
from shopcore.jobs.model import JobState
from shopcore.kernel.actor import System
from shopcore.kernel.ids import VariantId
from shopcore.kernel.stores import StoreUnusable

pytestmark = pytest.mark.anyio


async def sold(story: Story) -> Product:
    """The tea, as long as it can be read."""
    ((product, _),) = (await story.place.store.products.find_skus([TEA])).values()
    return product


async def dated(story: Story, tea: Product, created_at: datetime | str) -> None:
    """Edit it by hand: a date that is none is nonsense, and the old one mends it."""
    products = story.place.store.products
    assert isinstance(products, SqliteProducts | MongoProducts)
    database = products._database
    store = sqlite_store(database) if isinstance(database, Database) else mongo_store(database)
    await store.edit(tea.id, {"created_at": msgspec.to_builtins(created_at)})


async def test_who_was_found_to_wait_is_told_once_it_is_mended(story: Story) -> None:
    """The wish has ended with the job, so the job waits."""
    await waiting(story)
    tea = await sold(story)
    await story.staff.stock.adjust(sku=TEA, to=1, reason="delivery")
    await story.shop._cases.messages.news.find_back_in_stock(System(kind="find_back_in_stock"))
    await dated(story, tea, "yesterday")
    await story.passes(HOUR)
    early, kept = await mails(story, "back-in-stock"), await story.jobs(JobState.WAITING)
    await dated(story, tea, tea.created_at)
    await story.passes(HOUR)

    assert early == []
    assert "send_back_in_stock" in kept
    assert len(await mails(story, "back-in-stock")) == 1


async def test_a_wish_stays_while_nobody_can_read_what_it_is_for(story: Story) -> None:
    who, variant_id = await waiting(story)
    tea = await sold(story)
    await dated(story, tea, "yesterday")
    await back(story)
    left = await story.as_(who).messages.watches()
    await dated(story, tea, tea.created_at)
    await story.passes(301)

    assert [each.variant_id for each in left] == [variant_id]
    assert len(await mails(story, "back-in-stock")) == 1


async def test_a_reminder_waits_for_what_is_in_the_cart(story: Story) -> None:
    who = await customer(story)
    tea = await sold(story)
    await wishes(story, who)
    await dated(story, tea, "yesterday")
    await story.passes(DAY + 1)
    early, kept = await mails(story, "cart-reminder"), await story.jobs(JobState.WAITING)
    await dated(story, tea, tea.created_at)
    await story.passes(HOUR)

    assert early == []
    assert "send_cart_reminder" in kept
    assert len(await mails(story, "cart-reminder")) == 1


async def test_a_cart_is_shown_without_it_and_nobody_puts_it_into_one(story: Story) -> None:
    """Whoever wants to have it, or waits for it, is told that it cannot be read, not that it does not exist."""
    who = await customer(story)
    tea = await sold(story)
    await dated(story, tea, "yesterday")
    shown = await story.as_(who).cart.show()
    with pytest.raises(StoreUnusable, match="mend it, or restore it"):
        await story.as_(who).cart.add_item(sku=TEA, quantity=1)
    with pytest.raises(StoreUnusable):
        await story.as_(who).messages.watch(variant_id=tea.variants[0].id)
    with pytest.raises(VariantNotFound):
        await story.as_(who).messages.watch(variant_id=VariantId("nothing"))

    assert [line.line_total for line in shown.lines] == [None]
