"""`shop jobs`: the queue, for its operator."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeAlias

import click

from shop_http.commands.opening import as_owner, collect
from shop_http.commands.output import as_json, limit, moment, print_found, print_json, print_rows, print_table, say
from shopcore.jobs.model import Chosen, Handled, Job, JobState
from shopcore.kernel.ids import JobId
from shopcore.shop import ShopOf

_STATES = click.Choice([state.value for state in JobState])
_ids = click.argument("jobs", nargs=-1, metavar="[JOB]...")
_kind = click.option("--kind", help="Those of this kind that were given up.")
_all_dead = click.option("--all-dead", is_flag=True, help="All that were given up.")


@click.group()
def jobs() -> None:
    """See what the worker has to do, and what it gave up (`dead`)."""


@jobs.command("list", epilog="Example: shop jobs list --state dead")
@click.option("--state", type=_STATES, help="Only those in this state.")
@limit
@as_json
def list_jobs(state: str | None, limit: int, *, as_json: bool) -> None:
    """The newest jobs."""
    wanted = None if state is None else JobState(state)
    found = as_owner(lambda shop: collect(partial(shop.jobs.list, state=wanted), limit))
    if as_json:
        print_json(found.rows)
        return
    rows = (
        (job.id, job.kind, job.state, f"{job.attempts}/{job.max_attempts}", moment(job.run_at), job.last_error)
        for job in found.rows
    )
    print_found(found, ("Id", "Kind", "State", "Attempts", "Due at", "Last error"), rows)


@jobs.command(epilog="Example: shop jobs show 0192f3a4-5b6c-7d8e-9f01-23456789abcd")
@click.argument("job", metavar="JOB")
@as_json
def show(job: str, *, as_json: bool) -> None:
    """One job, and the tries that came to nothing."""
    found = as_owner(lambda shop: shop.jobs.show(job_id=JobId(job)))
    if as_json:
        print_json(found)
        return
    say(f"{found.kind} {found.state}, {found.attempts} of {found.max_attempts} attempts, due {moment(found.run_at)}")
    for name, value in found.payload.items():
        say(f"  {name}: {value}")
    if found.failures:
        rows = [(moment(each.at), each.attempt, each.error) for each in found.failures]
        print_table(("Failed at", "Attempt", "Error"), rows)


@jobs.command(epilog="Example: shop jobs depth --json")
@as_json
def depth(*, as_json: bool) -> None:
    """How much there is to do, by kind and state."""
    found = as_owner(lambda shop: shop.jobs.depth())
    if as_json:
        print_json(found)
        return
    rows = [(each.kind, each.state, each.count, "" if each.since is None else moment(each.since)) for each in found]
    print_rows(("Kind", "State", "Jobs", "First due at"), rows)


@jobs.command(epilog="Example: shop jobs retry --all-dead")
@_ids
@_all_dead
@_kind
def retry(jobs: Sequence[str], kind: str | None, *, all_dead: bool) -> None:
    """Try jobs again now, with all their attempts."""
    count = _act(jobs, lambda shop: shop.jobs.retry, lambda shop: shop.jobs.retry_all, kind, all_dead=all_dead)
    say(f"{count} to be tried again.")


@jobs.command(epilog="Example: shop jobs discard 0192f3a4-5b6c-7d8e-9f01-23456789abcd")
@_ids
@_all_dead
@_kind
def discard(jobs: Sequence[str], kind: str | None, *, all_dead: bool) -> None:
    """Give jobs up for good: nobody will do them."""
    count = _act(jobs, lambda shop: shop.jobs.discard, lambda shop: shop.jobs.discard_all, kind, all_dead=all_dead)
    say(f"{count} discarded.")


One: TypeAlias = Callable[..., Awaitable[Job | None]]
Many: TypeAlias = Callable[..., Awaitable[Handled]]


def _act(
    names: Sequence[str],
    one: Callable[[ShopOf], One],
    many: Callable[[ShopOf], Many],
    kind: str | None,
    *,
    all_dead: bool,
) -> int:
    if [bool(names), kind is not None, all_dead].count(True) != 1:
        raise click.UsageError("Name jobs by their ids, or say --all-dead or --kind.", click.get_current_context())

    async def run(shop: ShopOf) -> int:
        for name in names:
            await one(shop)(job_id=JobId(name))
        if names:
            return len(names)
        handled = await many(shop)(chosen=Chosen(kind=kind, all_dead=all_dead))
        count = handled.count
        while handled.go_on_before is not None:  # each once: what dies again meanwhile stays dead
            older = Chosen(kind=kind, all_dead=all_dead, before=handled.go_on_before)
            handled = await many(shop)(chosen=older)
            count += handled.count
        return count

    return as_owner(run)
