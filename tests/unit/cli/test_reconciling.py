"""`shop reconcile` and `shop reconciliations`."""

from tests.unit.cli.conftest import Run, complaint, decoded


def test_books_are_compared_now_and_the_comparison_is_kept(shop: Run) -> None:
    made = decoded(shop("reconcile", "--days", "7", "--json"))
    shown = shop("reconciliations", "show", made["id"])
    listed = decoded(shop("reconciliations", "list", "--json"))

    assert (made["found"], made["unreached"], made["requested_by"]) == (0, [], "staff:owner")
    assert shown.stdout.strip() == "0 movements compared, 0 differences, 0 being mended; new fees: none."
    assert [run["id"] for run in listed] == [made["id"]]
    assert made["id"] in shop("reconciliations", "list").stdout


def test_one_that_was_never_made_is_unknown(shop: Run) -> None:
    assert "there is no such reconciliation" in complaint(shop("reconciliations", "show", "none", status=1))
