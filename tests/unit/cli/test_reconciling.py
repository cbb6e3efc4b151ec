"""`shop reconcile` and `shop reconciliations`."""

from datetime import timedelta
from pathlib import Path

from msgspec.structs import replace
from tests.unit.cli.conftest import Run, complaint, decoded, inside

from shopcore.kernel.money import Money
from shopcore.payments.model import Kind, ToldOnce, requested
from shopcore.shop import Shop
from shopcore.testing.contracts.samples import NOON


def test_books_are_compared_now_and_the_comparison_is_kept(shop: Run) -> None:
    made = decoded(shop("reconcile", "--days", "7", "--json"))
    shown = shop("reconciliations", "show", made["id"])
    listed = decoded(shop("reconciliations", "list", "--json"))

    assert (made["found"], made["unreached"], made["requested_by"]) == (0, [], "staff:owner")
    assert shown.stdout.strip() == "0 movements compared, 0 differences, 0 being mended; new fees: none."
    assert [run["id"] for run in listed] == [made["id"]]
    assert made["id"] in shop("reconciliations", "list").stdout


def test_what_is_told_once_is_told_by_count_and_sum(shop: Run, stocked: Path) -> None:
    inside(_finds_money_of_others)
    shown = shop("reconciliations", "show", "others")

    for what in ("12 not_of_this_shop", "3 not_of_this_shop (made by a shop)"):
        assert f"New at stripe: {what}, together 480.00 EUR; not told again." in shown.stdout.splitlines()


async def _finds_money_of_others(shop: Shop) -> None:
    run = requested("others", NOON, "staff:owner", timedelta(days=3))
    told = ToldOnce(kind=Kind.FOREIGN, gateway="stripe", count=12, amount=Money(48_000, "EUR"))
    await shop._store.reconciliations.put(
        replace(run, finished_at=NOON, told_once=(told, replace(told, count=3, is_marked=True)))
    )


def test_one_that_was_never_made_is_unknown(shop: Run) -> None:
    assert "there is no such reconciliation" in complaint(shop("reconciliations", "show", "none", status=1))
