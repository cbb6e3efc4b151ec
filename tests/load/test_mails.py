"""Confirmations through deaths of the worker and of the mail server; `python3 noxfile.py bench mails` has the rest."""

from pathlib import Path

import pytest
from tests.load.mail_run import assert_kept, in_the_window, run

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(120)]


async def test_every_order_is_confirmed_through_kills_and_outages(tmp_path: Path) -> None:
    found = await run(tmp_path, 40, in_the_window(16), down=0.5, speed=20.0, downs=1)

    assert_kept(found)
    assert found.refused == 1
