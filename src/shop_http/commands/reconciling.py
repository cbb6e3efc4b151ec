"""`shop reconcile` and `shop reconciliations`: what gateways list, against the books."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import click
import msgspec

from shop_http.commands.opening import as_owner, collect
from shop_http.commands.output import as_json, limit, moment, print_found, print_json, print_table, say
from shopcore.payments.model import LONGEST_WINDOW, USUAL_WINDOW, Difference, Reconciliation
from shopcore.shop import ShopOf


@click.command("reconcile", epilog="Example: shop reconcile --days 7")
@click.option(
    "--days",
    type=click.IntRange(1, LONGEST_WINDOW.days),
    default=USUAL_WINDOW.days,
    show_default=True,
    help="How far back to look.",
)
@as_json
def reconcile(days: int, *, as_json: bool) -> None:
    """Compare what payment gateways list with the books, now; workers do it once a day.

    Fees that gateways kept are posted. What can be mended safely is given to the worker; the rest is for you: each
    difference says what to do.
    """

    async def run(shop: ShopOf) -> Reconciliation:
        asked = await shop.reconciliations.request(window=timedelta(days=days))
        return await shop.reconciliations.reconcile(run_id=asked.id)

    _print(as_owner(run), as_json=as_json)


@click.group()
def reconciliations() -> None:
    """See how the books compared with what payment gateways list."""


@reconciliations.command("list", epilog="Example: shop reconciliations list --json")
@limit
@as_json
def list_reconciliations(limit: int, *, as_json: bool) -> None:
    """When they were compared, the newest first, and how many differences there were."""
    found = as_owner(lambda shop: collect(shop.reconciliations.list, limit))
    if as_json:
        print_json(found.rows)
        return
    rows = (
        (
            *(run.id, moment(run.since), moment(run.until), moment(run.finished_at)),
            *(run.compared, run.found, run.repaired, len(run.left)),
        )
        for run in found.rows
    )
    print_found(found, ("Id", "From", "To", "Finished", "Compared", "Open", "Mended", "Left"), rows)


@reconciliations.command("show", epilog="Example: shop reconciliations show 01910000-0000-7000-8000-000000000000")
@click.argument("run_id", metavar="ID")
@as_json
def show_reconciliation(run_id: str, *, as_json: bool) -> None:
    """One of them, with each difference."""
    _print(as_owner(lambda shop: shop.reconciliations.show(run_id=run_id)), as_json=as_json)


@reconciliations.command("leave", epilog='Example: shop reconciliations leave 1f0c8a52b7d94e36 --reason "by hand"')
@click.argument("difference_id", metavar="DIFFERENCE")
@click.option("--reason", required=True, help="For the colleagues, and the audit log.")
def leave_difference(difference_id: str, reason: str) -> None:
    """Let an open difference be that you have looked into; its id is in the comparison.

    It is told no more, and counted apart, until it is gone. If its kind or an amount changes it is open again.
    """
    left = as_owner(lambda shop: shop.reconciliations.leave(difference_id=difference_id, reason=reason))
    say(f"Left: {left.kind} at {left.gateway}, {left.movement or left.entry}.")


def _print(run: Reconciliation, *, as_json: bool) -> None:
    if as_json:
        print_json({**msgspec.to_builtins(run), "differences": _named(run.differences), "left": _named(run.left)})
        return
    if run.finished_at is None:
        say(f"{run.id} waits for a worker.")
        return
    fees = ", ".join(map(str, run.fees)) or "none"
    left = Counter(one.left.by for one in run.left if one.left is not None)
    counts = [f"{run.compared} movements compared", f"{run.found} differences open", f"{run.repaired} being mended"]
    counts += [f"{count} left by {who}" for who, count in sorted(left.items())]
    say(f"{', '.join(counts)}; new fees: {fees}.")
    for one in run.told_once:
        say(f"New at {one.gateway}: {one.count} {one.what}, together {one.amount}; not told again.")
    for name in run.unreached:
        say(f"{name} did not answer: look again later.")
    if run.differences:
        columns = ("Id", "Since", "Gateway", "What", "Movement", "Entry", "Theirs", "Ours", "Mended", "What to do")
        print_table(columns, [(*_row(one), "yes" if one.repairs else "", one.proposal) for one in run.differences])
    if run.left:
        columns = ("Id", "Since", "Gateway", "What", "Movement", "Entry", "Theirs", "Ours", "Left by", "Why")
        marked = [(one, one.left) for one in run.left if one.left is not None]
        print_table(columns, [(*_row(one), leave.by, leave.reason) for one, leave in marked])


def _row(one: Difference) -> tuple[object, ...]:
    return one.id, moment(one.at), one.gateway, one.kind, one.movement, one.entry, one.theirs, one.ours


def _named(found: Sequence[Difference]) -> Sequence[dict[str, object]]:
    return [{"id": one.id, **msgspec.to_builtins(one), "proposal": one.proposal} for one in found]
