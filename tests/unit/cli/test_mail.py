"""`shop mail`: what the shop writes, seen before anybody gets it."""

from pathlib import Path

import pytest
from tests.unit.cli.conftest import Buy, Run, decoded

from shopcore.notifications.model import Notice, OrderNotice

NEWS = {
    *("back_in_stock", "cart_reminder", "dead_jobs", "endpoint_off", "failed_refund", "lapsed_hold", "low_stock"),
    "open_differences",
}


@pytest.mark.parametrize(("language", "said"), [("en", "Thank you for your order"), ("de", "Vielen Dank")])
def test_every_mail_is_on_one_page(shop: Run, tmp_path: Path, language: str, said: str) -> None:
    """In two widths each, in frames that run no script, and as text; nothing is sent."""
    page = tmp_path / "mails.html"
    told = shop("mail", "preview", str(page), "--language", language).stdout
    content = page.read_text(encoding="utf-8")

    kinds = {notice.value for notice in (*Notice, *OrderNotice)} | NEWS
    assert all(f"<h2>{kind}</h2>" in content for kind in kinds)
    assert content.count("<iframe sandbox ") == 2 * len(kinds)
    assert said in content
    assert told.startswith(f"{len(kinds)} mails in ")
    assert not (tmp_path / "mail").exists()


def test_what_is_to_be_sent_stands_beside_what_was(shop: Run, buy: Buy) -> None:
    """By its job until it is sent."""
    buy(worked_off=False)
    due, listed = decoded(shop("mail", "sent", "--json")), shop("mail", "sent").stdout
    buy(worked_off=True)
    done = decoded(shop("mail", "sent", "--json"))

    assert (due["messages"], [(job["kind"], job["count"]) for job in due["jobs"]]) == (
        [],
        [("send_order_confirmation", 1)],
    )
    assert "Not sent, by job:" in listed
    assert [(each["kind"], each["state"], each["messages"]) for each in done["messages"]] == [
        ("order_confirmation", "sent", 2)
    ]
    assert done["jobs"] == []
