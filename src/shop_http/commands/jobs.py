"""`shop jobs`: the queue, for its operator."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import click

from shop_http.commands.opening import as_owner, collect
from shop_http.commands.output import as_json, limit, moment, print_found, print_json, say
from shopcore.jobs.model import Job, JobState
from shopcore.kernel.errors import Conflict, NotFound
from shopcore.kernel.ids import JobId
from shopcore.shop import ShopOf

_STATES = click.Choice([state.value for state in JobState])
_ALL = 1_000_000_000
_ids = click.argument("jobs", nargs=-1, metavar="[JOB]...")
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


@jobs.command(epilog="Example: shop jobs retry --all-dead")
@_ids
@_all_dead
def retry(jobs: Sequence[str], *, all_dead: bool) -> None:
    """Try jobs again now, with all their attempts."""
    count = _act(jobs, lambda shop: lambda job_id: shop.jobs.retry(job_id=job_id), all_dead=all_dead)
    say(f"{count} to be tried again.")


@jobs.command(epilog="Example: shop jobs discard 0192f3a4-5b6c-7d8e-9f01-23456789abcd")
@_ids
@_all_dead
def discard(jobs: Sequence[str], *, all_dead: bool) -> None:
    """Give jobs up for good: nobody will do them."""
    count = _act(jobs, lambda shop: lambda job_id: shop.jobs.discard(job_id=job_id), all_dead=all_dead)
    say(f"{count} discarded.")


def _act(
    names: Sequence[str], act: Callable[[ShopOf], Callable[[JobId], Awaitable[Job | None]]], *, all_dead: bool
) -> int:
    if bool(names) == all_dead:
        raise click.UsageError("Name jobs by their ids, or say --all-dead.", click.get_current_context())

    async def run(shop: ShopOf) -> int:
        if not all_dead:
            for name in names:
                await act(shop)(JobId(name))
            return len(names)
        dead = await collect(partial(shop.jobs.list, state=JobState.DEAD), _ALL)
        return sum([await _still(act(shop), job) for job in dead.rows])

    return as_owner(run)


async def _still(act: Callable[[JobId], Awaitable[Job | None]], job: Job) -> bool:
    """Act on a job that was dead a moment ago; somebody else may have seen to it since."""
    try:
        await act(job.id)
    except (NotFound, Conflict):
        return False
    return True
