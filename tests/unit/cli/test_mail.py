"""`shop mail`: what the shop writes, seen before anybody gets it."""

from pathlib import Path

import pytest
from tests.unit.cli.conftest import Run

from shopcore.notifications.model import Notice, OrderNotice

NEWS = {"back_in_stock", "cart_reminder", "dead_jobs", "endpoint_off", "failed_refund", "low_stock", "open_differences"}


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
