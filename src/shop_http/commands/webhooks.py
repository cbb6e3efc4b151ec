"""`shop webhooks`: what gateways have said and the shop could not do."""

from collections.abc import Sequence

import click

from shop_http.commands.failures import Failure
from shop_http.commands.opening import as_owner
from shop_http.commands.output import as_json, limit, moment, print_json, print_table, say
from shopcore.aftersales.model import WebhookAtWork
from shopcore.jobs.model import JobState
from shopcore.shop import ShopOf

_FOREIGN = "foreign"
_STATES = click.Choice([JobState.DEAD.value, JobState.WAITING.value, _FOREIGN])
_EVERY = 1_000_000


@click.group()
def webhooks() -> None:
    """See what payment gateways have said that could not be done, and have it tried again.

    A webhook is stored before anything is done about it. One that cannot be done is tried again for about a week, and
    then kept here until somebody has looked. One whose payment is not here is set aside after ten minutes: two shops
    may be paid through one account. After 1 and 6 hours, and 1, 3, 10, 30 and 60 days it is looked whether its payment
    is here; if so, it is done.
    """


@webhooks.command("list", epilog="Example: shop webhooks list --state waiting")
@click.option(
    "--state",
    type=_STATES,
    default=JobState.DEAD.value,
    show_default=True,
    help="Given up (dead), to be tried again, or of no payment here.",
)
@limit
@as_json
def list_webhooks(state: str, limit: int, *, as_json: bool) -> None:
    """The newest webhooks that were given up; or with `--state` those that wait, or that were set aside."""
    found = as_owner(lambda shop: _listed(shop, state, limit))
    if as_json:
        print_json(found)
        return
    if not found:
        say("None.")
        return
    columns = ("Event", "Gateway", "Type", "Payment", "Says", "Received at", "Attempts", "Last error")
    rows = [
        (
            *(each.event_id, each.gateway, each.type, each.payment_id, each.says),
            *(moment(each.received_at), each.attempts, each.last_error),
        )
        for each in found
    ]
    print_table(columns, rows)


async def _listed(shop: ShopOf, state: str, limit: int) -> Sequence[WebhookAtWork]:
    if state == _FOREIGN:
        return await shop.payments.list_webhooks(foreign=True, limit=limit)
    return await shop.payments.list_webhooks(state=JobState(state), limit=limit)


@webhooks.command(epilog="Example: shop webhooks replay evt_1NG8Du2eZvKYlo2CUI79vXWy")
@click.argument("events", nargs=-1, metavar="[EVENT]...")
@click.option("--all-dead", is_flag=True, help="All that were given up, but none that was set aside.")
def replay(events: Sequence[str], *, all_dead: bool) -> None:
    """Have webhooks that were given up, wait or were set aside done again, by the worker.

    Where one that is named is none of these, nothing is done, and the status is 1.
    """
    if bool(events) == all_dead:
        raise click.UsageError("Name events by their ids, or say --all-dead.", click.get_current_context())

    async def run(shop: ShopOf) -> int:
        dead = await _listed(shop, JobState.DEAD.value, _EVERY)
        waiting = [] if all_dead else await _listed(shop, JobState.WAITING.value, _EVERY)
        aside = [] if all_dead else await _listed(shop, _FOREIGN, _EVERY)
        unknown = sorted(set(events) - {each.event_id for each in (*dead, *waiting, *aside)})
        if unknown:
            raise Failure(f"None is done again: {', '.join(unknown)} was not given up or set aside, and does not wait.")
        jobs = [each.job_id for each in (*dead, *waiting) if each.job_id and (all_dead or each.event_id in events)]
        for job_id in jobs:
            await shop.jobs.retry(job_id=job_id)
        return len(jobs) + await shop.payments.replay_webhooks(event_ids=events)

    say(f"{as_owner(run)} to be done again.")
