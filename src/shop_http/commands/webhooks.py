"""`shop webhooks`: what gateways have said and the shop could not do."""

from collections.abc import Sequence

import click

from shop_http.commands.opening import as_owner
from shop_http.commands.output import as_json, limit, moment, print_json, print_table, say
from shopcore.jobs.model import JobState
from shopcore.shop import ShopOf

_STATES = click.Choice([JobState.DEAD.value, JobState.WAITING.value])
_EVERY = 1_000_000


@click.group()
def webhooks() -> None:
    """See what payment gateways have said that could not be done, and have it tried again.

    A webhook is stored before anything is done about it. One whose payment is unknown is tried again for a week, and
    then kept here until somebody has looked.
    """


@webhooks.command("list", epilog="Example: shop webhooks list --state waiting")
@click.option("--state", type=_STATES, default=JobState.DEAD.value, help="Given up (dead), or to be tried again.")
@limit
@as_json
def list_webhooks(state: str, limit: int, *, as_json: bool) -> None:
    """The newest webhooks that are not done."""
    found = as_owner(lambda shop: shop.payments.list_webhooks(state=JobState(state), limit=limit))
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


@webhooks.command(epilog="Example: shop webhooks replay evt_1NG8Du2eZvKYlo2CUI79vXWy")
@click.argument("events", nargs=-1, metavar="[EVENT]...")
@click.option("--all-dead", is_flag=True, help="All that were given up.")
def replay(events: Sequence[str], *, all_dead: bool) -> None:
    """Have webhooks that were given up done again, by the worker."""
    if bool(events) == all_dead:
        raise click.UsageError("Name events by their ids, or say --all-dead.", click.get_current_context())

    async def run(shop: ShopOf) -> int:
        dead = await shop.payments.list_webhooks(state=JobState.DEAD, limit=_EVERY)
        wanted = [each for each in dead if all_dead or each.event_id in events]
        for each in wanted:
            await shop.jobs.retry(job_id=each.job_id)
        return len(wanted)

    say(f"{as_owner(run)} to be done again.")
