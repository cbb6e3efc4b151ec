"""The page on apps and integrations, line by line."""

import asyncio
import os
import re
import subprocess
from pathlib import Path

import httpx
import pytest
from tests.http.conftest import serving, settings_for
from tests.http.test_how_to import _CANNOT_WALK
from tests.security.scene import Scene

from shopcore.shop import Settings, Shop, owner

PAGE = (Path(__file__).parents[2] / "docs/how-to/apps-and-integrations.md").read_text(encoding="utf-8")


def registered(settings: Settings) -> dict[str, str]:
    """The app, the integration and the customer that the page speaks of."""

    async def register() -> dict[str, str]:
        async with Shop.open(settings) as shop, httpx.AsyncClient() as client:
            add = shop.as_(owner()).oauth.add_client
            back = ["com.example.app:/back"]
            app, _ = await add(name="Our app", scopes=["profile", "orders"], redirect_uris=back, public=True)
            system, secret = await add(name="Warehouse", scopes=["inventory:read"])
            token = (await Scene(shop, client).customer())["Authorization"].removeprefix("Bearer ")
            return {"APP": app.id, "SYSTEM": system.id, "SECRET": secret or "", "TOKEN": token}

    return asyncio.run(register())


@pytest.mark.skipif(_CANNOT_WALK, reason="the walk is written for bash and curl")
def test_every_line_of_the_page_works(tmp_path: Path) -> None:
    """The customer is asked and lets the app; it gets tokens, uses, refreshes and revokes them; the integration too."""
    settings = settings_for(tmp_path, store_url=f"sqlite:///{tmp_path / 'shop.db'}")
    known = registered(settings)
    script = "set -euo pipefail\n" + "".join(re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)).replace(
        'curl -s "$SHOP', 'curl -s --fail-with-body "$SHOP'
    )
    with serving(settings) as address:
        ran = subprocess.run(
            ["bash", "-c", script],
            env={"SHOP": address, "PATH": os.environ["PATH"], **known},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    said = ran.stdout + ran.stderr

    assert ran.returncode == 0, said
    assert '"client_name":"Our app"' in said
    assert said.count('"access_token"') == 3
    assert '"email":' in said
    assert '"scope":"inventory:read"' in said


def test_the_page_names_every_scope_of_customers() -> None:
    from shopcore.kernel.actor import Own

    assert re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE) == [*sorted(Own, key=list(Own).index)]
