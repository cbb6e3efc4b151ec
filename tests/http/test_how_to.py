"""The walk through one purchase in the documentation, line by line."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.http.conftest import lasting, serving, settings_for, stocked

from shop_http.middleware.rate_limits import LIMITS

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "how-to" / "use-http.md").read_text(encoding="utf-8")
SAMPLE = ROOT / "src" / "shop_http" / "sample_products.csv"


# In CI it runs come what may, and fails where one of them is missing.
_CANNOT_WALK = not (os.environ.get("CI") or (shutil.which("curl") and shutil.which("bash")))


@pytest.mark.skipif(_CANNOT_WALK, reason="the walk is written for bash and curl")
def test_every_line_of_the_walk_works(tmp_path: Path) -> None:
    """No command fails, no answer is a refusal or an empty list; the order at its end was paid, and is cancelled."""
    lines = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    script = 'set -euo pipefail\ncurl() { command curl --fail --show-error "$@"; echo; }\n' + "".join(lines)
    settings = settings_for(tmp_path, **lasting(tmp_path), worker="inline")
    stocked(settings, SAMPLE)
    with serving(settings) as address:
        ran = subprocess.run(
            ["bash", "-c", script],
            env={"SHOP": address, "PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    answers = ran.stdout.split("\n")

    assert ran.returncode == 0, ran.stderr
    assert sum(answer.startswith("{") for answer in answers) == script.count("\ncurl -s")
    assert '"items":[]' not in ran.stdout
    assert '"status":"cancelled"' in ran.stdout
    assert '"event":"paid"' in ran.stdout


def test_the_limits_are_the_ones_that_hold() -> None:
    rows = re.findall(r"^\| ([^|]*[^| ]) \| ([\d,]+)(?: each)? \|$", PAGE, re.MULTILINE)
    told = sorted(
        (int(number.replace(",", "")), 600.0 if "in ten minutes" in name else 60.0)
        for name, number in rows
        for _ in name.split(";")
    )

    assert told == sorted((limit.hits, limit.window_seconds) for limit in LIMITS if limit.hits)
