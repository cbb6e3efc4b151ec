"""The queue over HTTP: how much there is to do, what was given up, and what becomes of it."""

from functools import partial

import httpx
import pytest
from tests.http.conftest import Buy, Fill, problem_of

from shopcore.jobs.model import fail
from shopcore.kernel.jobs import NewJob
from shopcore.shop import Shop, owner
from shopcore.testing.contracts.queue_parts import settle

pytestmark = [pytest.mark.anyio, pytest.mark.both_stores]

Key = dict[str, str]


@pytest.fixture
async def key(shop: Shop) -> Key:
    """May see the queue, and act on it."""
    permissions = ["jobs:read", "jobs:write"]
    _, secret = await shop.as_(owner()).access.create_api_key(name="Operator", permissions=permissions)
    return {"Authorization": f"Bearer {secret}"}


async def given_up(shop: Shop, kind: str, count: int = 1) -> list[str]:
    """Dead letters."""
    store, now = shop._store, shop.clock.now()
    await store.unit_of_work(lambda: store.jobs.enqueue(*[NewJob(kind=kind, max_attempts=1, run_at=now)] * count))
    leased = await store.queue.lease_due("worker", now, count)
    for job in leased:
        await settle(store.queue, job.id, "worker", partial(fail, error="unavailable: down", now=now, jitter=0.0))
    return [job.id for job in leased]


async def test_the_queue_is_counted_and_listed(client: httpx.AsyncClient, fill: Fill, buy: Buy, key: Key) -> None:
    """What a paid order causes waits for the worker."""
    await buy(await fill())
    shown = (await client.get("/admin/jobs?limit=1&state=waiting", headers=key)).json()
    metrics = (await client.get("/metrics")).text

    assert {"settle_stock", "send_order_confirmation"} <= {each["kind"] for each in shown["queues"]}
    assert all(each["state"] == "waiting" for each in shown["queues"])
    assert {each["count"] for each in shown["queues"] if each["kind"] != "note_journey"} == {1}
    assert shown["items"][0]["state"] == "waiting"
    assert 'shop_jobs{kind="settle_stock",state="waiting"} 1.0' in metrics
    assert 'shop_jobs_age_seconds{kind="settle_stock"}' in metrics


async def test_the_next_page_is_of_the_same_state(client: httpx.AsyncClient, shop: Shop, key: Key) -> None:
    dead = await given_up(shop, "mail", 3)
    first = await client.get("/admin/jobs?state=dead&limit=2", headers=key)
    link = first.headers["link"].partition(">")[0].removeprefix("<")
    second = await client.get(link, headers=key)

    assert "state=dead" in link
    assert [each["id"] for each in first.json()["items"] + second.json()["items"]] == sorted(dead, reverse=True)
    assert "link" not in second.headers


async def test_a_dead_letter_is_read_retried_and_discarded(client: httpx.AsyncClient, shop: Shop, key: Key) -> None:
    """With its history; what is gone is not found."""
    (job_id,) = await given_up(shop, "mail")
    read = (await client.get(f"/admin/jobs/{job_id}", headers=key)).json()
    retried = await client.post(f"/admin/jobs/{job_id}/retry", headers=key)
    gone = await client.delete(f"/admin/jobs/{job_id}", headers=key)
    after = await client.get(f"/admin/jobs/{job_id}", headers=key)

    assert (read["state"], read["last_error"]) == ("dead", "unavailable: down")
    assert [(each["attempt"], each["error"]) for each in read["failures"]] == [(1, "unavailable: down")]
    assert (retried.status_code, retried.json()["state"], retried.json()["attempts"]) == (200, "waiting", 0)
    assert (gone.status_code, after.status_code) == (204, 404)
    assert problem_of(after)["code"] == "job_not_found"


async def test_many_are_retried_and_discarded_at_once(client: httpx.AsyncClient, shop: Shop, key: Key) -> None:
    """By their kind, by their ids, or all that are dead; under one key it is done once."""
    mails, images = await given_up(shop, "mail", 3), await given_up(shop, "image", 2)
    once = {**key, "Idempotency-Key": "again"}
    retried = [await client.post("/admin/jobs/retry", json={"kind": "image"}, headers=once) for _ in range(2)]
    named = await client.post("/admin/jobs/discard", json={"job_ids": [mails[0], images[0], "gone"]}, headers=key)
    rest = await client.post("/admin/jobs/discard", json={"all_dead": True}, headers=key)
    unsaid = await client.post("/admin/jobs/discard", json={}, headers=key)

    two = {"count": 2, "go_on_before": None}
    assert [answer.json() for answer in retried] == [two] * 2
    assert (named.json(), rest.json()) == (two, two)
    assert (unsaid.status_code, problem_of(unsaid)["errors"][0]["code"]) == (422, "no_jobs_chosen")
    left = (await client.get("/admin/jobs", headers=key)).json()["items"]
    assert [(each["id"], each["state"]) for each in left] == [(images[1], "waiting")]
