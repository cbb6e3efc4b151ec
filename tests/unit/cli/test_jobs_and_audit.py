"""`shop jobs` and `shop audit`: what is still to be done, and who did what."""

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from tests.unit.cli.conftest import Buy, Run, assert_discreet, complaint, decoded, inside

from shopcore.jobs.model import Job, JobState
from shopcore.kernel.actor import Guest
from shopcore.kernel.ids import JobId, PaymentId
from shopcore.payments.ports import Aside
from shopcore.shop import Shop
from shopcore.testing.stripe_double.webhooks import sign


def give_up(job_ids: list[str]) -> None:
    """Make dead letters of jobs, as so many failures would."""

    def dead(job: Job) -> Job:
        return msgspec.structs.replace(job, state=JobState.DEAD, attempts=12, last_error="the mailer was down")

    async def act(shop: Shop) -> None:
        for job_id in job_ids:
            await shop._store.queue.change(JobId(job_id), dead)

    inside(act)


NOTES = {"note_journey", "note_discarded"}
"""What is noted for reports, and of messages that are given up."""


def waiting(shop: Run) -> list[str]:
    """Goods and mails."""
    listed = decoded(shop("jobs", "list", "--state", "waiting", "--json"))
    return [job["id"] for job in listed if job["kind"] not in NOTES]


def test_jobs_are_listed_by_state_without_personal_data(shop: Run, buy: Buy) -> None:
    """What a paid order causes waits for the worker, then is done."""
    buy(worked_off=False)
    listed = shop("jobs", "list").stdout + shop("jobs", "list", "--json").stdout

    assert "send_order_confirmation" in listed
    assert_discreet(listed)
    assert len(waiting(shop)) == 2
    assert shop("jobs", "list", "--state", "dead").stdout == "None.\n"


def test_a_dead_job_is_tried_again(shop: Run, buy: Buy, folder: Path) -> None:
    """It waits with all its attempts; the next round of work does it."""
    buy(worked_off=False)
    job_id, *_ = ids = waiting(shop)
    give_up(ids)
    assert "the mailer was down" in shop("jobs", "list", "--state", "dead").stdout

    assert shop("jobs", "retry", job_id).stdout == "1 to be tried again.\n"
    assert waiting(shop) == [job_id]
    assert shop("jobs", "retry", "--all-dead").stdout == "1 to be tried again.\n"
    inside(lambda opened: opened.work_off())
    assert len(list((folder / "mail").glob("*.eml"))) == 1


def test_dead_jobs_are_given_up_for_good(shop: Run, buy: Buy) -> None:
    """All of them at once; those that wait stay."""
    buy(worked_off=False)
    first, second = waiting(shop)
    give_up([first])

    assert shop("jobs", "discard", "--all-dead").stdout == "1 discarded.\n"
    assert waiting(shop) == [second]
    assert shop("jobs", "discard", second).stdout == "1 discarded.\n"
    assert shop("jobs", "discard", "--all-dead").stdout == "0 discarded.\n"


def test_one_job_is_shown_and_all_are_counted(shop: Run, buy: Buy) -> None:
    """What it is about, by ids; and how much there is to do."""
    buy(worked_off=False)
    job_id, *_ = waiting(shop)
    shown, counted = shop("jobs", "show", job_id).stdout, shop("jobs", "depth").stdout

    assert "order_id: " in shown
    assert_discreet(shown + counted)
    assert decoded(shop("jobs", "show", job_id, "--json"))["id"] == job_id
    assert {(each["kind"], each["count"]) for each in decoded(shop("jobs", "depth", "--json"))} == {
        ("send_order_confirmation", 1),
        ("settle_stock", 1),
        ("note_journey", 2),
    }
    assert "settle_stock" in counted


def test_dead_jobs_of_one_kind_are_chosen(shop: Run, buy: Buy) -> None:
    buy(worked_off=False)
    give_up(waiting(shop))

    assert shop("jobs", "retry", "--kind", "settle_stock").stdout == "1 to be tried again.\n"
    assert len(waiting(shop)) == 1


def test_unknown_and_unnamed_jobs_are_refused_in_one_line(shop: Run) -> None:
    """Either ids or all dead ones, and ids that are there."""
    for act in ("retry", "discard"):
        assert complaint(shop("jobs", act, "nothing", status=1)) == "there is no such job"
        assert complaint(shop("jobs", act, status=2)).startswith("Name jobs by their ids, or say --all-dead or --kind.")
        assert complaint(shop("jobs", act, "x", "--all-dead", status=2)).startswith("Name jobs by their ids, or say")


def test_every_act_of_the_operator_is_in_the_audit_log(shop: Run, stocked: Path) -> None:
    """The latest at the end, with what it changed."""
    shop("stock", "set", "CEDAR-PENCILS_HB", "--to", "7", "--reason", "counted")

    (latest,) = decoded(shop("audit", "list", "--limit", "1", "--json"))

    assert (latest["action"], latest["subject"]) == ("stock.adjusted", "sku/CEDAR-PENCILS_HB")
    assert latest["after"]["on_hand"] == "7"
    assert "on_hand: " in shop("audit", "list").stdout
    assert "all as they were written" in shop("audit", "verify").stdout


def test_an_altered_entry_is_found(shop: Run, stocked: Path) -> None:
    """Somebody with the file in hand changed the figures: the walk names the place."""
    with closing(sqlite3.connect("shop.db")) as connection:
        connection.execute("DROP TRIGGER audit_entries_are_final")
        connection.execute(
            "UPDATE audit_entries SET body = CAST(replace(body, 'product', 'x') AS BLOB) WHERE sequence = 3"
        )
        connection.commit()

    assert complaint(shop("audit", "verify", status=1)) == "entry 3 of the audit log is not as it was written"


# ---------------------------------------------------------------------------------------------------------- webhooks


INTENT = {
    "id": "pi_1",
    "amount": 1999,
    "amount_received": 1999,
    "currency": "usd",
    "status": "succeeded",
    "metadata": {"shop_key": "a-payment:1"},
}


def stripe_says(body: dict[str, object]) -> None:
    """A webhook that Stripe signed, at the shop's door."""

    async def act(shop: Shop) -> None:
        raw = msgspec.json.encode(body)
        headers = sign(raw, shop.clock.now(), "whsec_of_the_test")
        await shop.as_(Guest()).payments.receive_webhook(gateway="stripe", body=raw, headers=headers)

    inside(act)


def test_a_webhook_of_an_unknown_payment_is_kept_and_can_be_done_again(shop: Run, folder: Path) -> None:
    """It is given up after many tries, read by a person, and tried once more when that person says so."""
    (folder / ".env").write_text("STRIPE_SECRET_KEY=sk_test_hunter2\nSTRIPE_WEBHOOK_SECRETS=whsec_of_the_test\n")
    stripe_says({"id": "evt_1", "type": "payment_intent.succeeded", "data": {"object": INTENT}})
    (job,) = decoded(shop("webhooks", "list", "--state", "waiting", "--json"))
    nothing = shop("webhooks", "list")
    give_up([job["job_id"]])
    listed = shop("webhooks", "list").stdout
    replayed = shop("webhooks", "replay", "evt_1")

    assert (job["payment_id"], job["says"], job["type"]) == ("a-payment", "succeeded", "payment_intent.succeeded")
    assert nothing.stdout == "None.\n"
    assert all(word in listed for word in ("evt_1", "stripe", "a-payment", "succeeded", "the mailer was down"))
    assert replayed.stdout == "1 to be done again.\n"
    assert shop("webhooks", "list").stdout == "None.\n"
    assert shop("webhooks", "replay", "--all-dead").stdout == "0 to be done again.\n"
    assert "--all-dead" in complaint(shop("webhooks", "replay", status=2))


def test_a_webhook_that_is_not_there_to_be_done_is_named(shop: Run, folder: Path) -> None:
    """And none of the others is done either: whoever mistyped one does not have to find out which were."""
    (folder / ".env").write_text("STRIPE_SECRET_KEY=sk_test_hunter2\nSTRIPE_WEBHOOK_SECRETS=whsec_of_the_test\n")
    stripe_says({"id": "evt_1", "type": "payment_intent.succeeded", "data": {"object": INTENT}})
    (job,) = decoded(shop("webhooks", "list", "--state", "waiting", "--json"))
    give_up([job["job_id"]])
    refused = complaint(shop("webhooks", "replay", "evt_1", "evt_nope", status=1))

    assert "evt_nope" in refused
    assert "evt_1" not in refused
    assert [each["event_id"] for each in decoded(shop("webhooks", "list", "--json"))] == ["evt_1"]


def test_what_was_set_aside_is_listed_and_done_again_by_name(shop: Run, folder: Path) -> None:
    """It has no job until then, and is listed without."""
    (folder / ".env").write_text("STRIPE_SECRET_KEY=sk_test_hunter2\nSTRIPE_WEBHOOK_SECRETS=whsec_of_the_test\n")
    stripe_says({"id": "evt_1", "type": "payment_intent.succeeded", "data": {"object": INTENT}})
    inside(_sets_aside)
    (aside,) = decoded(shop("webhooks", "list", "--state", "foreign", "--json"))
    replayed = [shop("webhooks", "replay", "evt_1").stdout for _ in range(2)]  # by its mark, and by its job

    assert (aside["job_id"], aside["payment_id"], aside["says"]) == (None, "a-payment", "succeeded")
    assert shop("webhooks", "list", "--state", "foreign").stdout == "None.\n"
    assert replayed == ["1 to be done again.\n"] * 2


async def _sets_aside(shop: Shop) -> None:
    """As ten minutes later, when its job is done."""
    queue, inbox = shop._store.queue, shop._store.inbox
    (job,) = [each for each in (await queue.page(JobState.WAITING, None, 9)).items if each.kind == "process_webhook"]
    await queue.change(job.id, lambda held: msgspec.structs.replace(held, state=JobState.DONE))
    at = datetime.fromisoformat(job.payload["received_at"])
    mark = Aside(
        gateway="stripe",
        event_id="evt_1",
        payment_id=PaymentId("a-payment"),
        received_at=at,
        look_at=at + timedelta(hours=1),
    )
    await shop._store.unit_of_work(lambda: inbox.set_aside(mark))
