"""`shop reconcile` and `shop reconciliations`."""

from datetime import timedelta
from pathlib import Path

from msgspec.structs import replace
from tests.unit.cli.conftest import Run, complaint, decoded, inside

from shopcore.kernel.money import Money
from shopcore.payments.model import Difference, Kind, Standing, ToldOnce, requested
from shopcore.shop import Shop
from shopcore.testing.contracts.samples import NOON


def test_books_are_compared_now_and_the_comparison_is_kept(shop: Run) -> None:
    made = decoded(shop("reconcile", "--days", "7", "--json"))
    shown = shop("reconciliations", "show", made["id"])
    listed = decoded(shop("reconciliations", "list", "--json"))

    assert (made["found"], made["unreached"], made["requested_by"]) == (0, [], "staff:owner")
    assert shown.stdout.strip() == "0 movements compared, 0 differences open, 0 being mended; new fees: none."
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


def test_what_was_looked_into_is_left_and_counted_apart(shop: Run, stocked: Path) -> None:
    inside(_finds_one)
    named = decoded(shop("reconciliations", "show", "one", "--json"))["differences"][0]["id"]
    before = shop("reconciliations", "show", "one").stdout
    said = shop("reconciliations", "leave", named, "--reason", "agreed on")
    after = shop("reconciliations", "show", "one").stdout

    assert f"{named}  " in before
    assert said.stdout.strip() == "Left: extra at stripe, paid/p."
    assert "1 movements compared, 1 differences open, 0 being mended; new fees: none." in before
    assert "1 movements compared, 0 differences open, 0 being mended, 1 left by staff:owner; new fees: none." in after
    assert "agreed on" in after
    assert "no such difference is open" in complaint(
        shop("reconciliations", "leave", "none", "--reason", "why", status=1)
    )


async def _finds_one(shop: Shop) -> None:
    one = Difference(kind=Kind.EXTRA, gateway="stripe", at=NOON, entry="paid/p", ours=Money(500, "EUR"))
    run = requested("one", NOON, "staff:owner", timedelta(days=3))
    await shop._store.reconciliations.put(replace(run, finished_at=NOON, compared=1, found=1, differences=(one,)))
    await shop._store.unit_of_work(lambda: shop._store.reconciliations.put_standing(Standing(open=(one,))))
