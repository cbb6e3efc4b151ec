"""What the how-to tells a shop front to do with passkeys, done by a real browser with an authenticator of its own."""

import asyncio
import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from tests.http.conftest import serving, settings_for
from tests.http.people import PASSWORD, mails
from tests.http.test_pages import browser

from shopcore.kernel.actor import Guest
from shopcore.shop import Settings, Shop

__all__ = ["browser"]

HOW_TO = Path(__file__).parents[2] / "docs/how-to/passkeys.md"
ADDING, SIGNING_IN = re.findall(r"```js\n(.*?)```", HOW_TO.read_text(encoding="utf-8"), re.DOTALL)


def free_port() -> int:
    """One that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def registered(settings: Settings) -> str:
    """The token of the mail that somebody got who has registered."""

    async def register() -> str:
        async with Shop.open(settings) as shop:
            await shop.as_(Guest()).accounts.register(email="ada@example.com", password=PASSWORD)
            return (await mails(shop))[-1].token

    with ThreadPoolExecutor(1) as elsewhere:  # the browser's driver has a loop running in this thread
        return elsewhere.submit(lambda: asyncio.run(register())).result()


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[tuple[Page, str]]:
    """A page of a shop that the browser knows by name, and the token of a mailed link."""
    port = free_port()
    settings = settings_for(
        tmp_path, store_url=f"sqlite:///{tmp_path / 'shop.db'}", app_url=f"http://127.0.0.1:{port}", port=port
    )
    token = registered(settings)
    with serving(settings, port=port):
        opened = browser.new_page()
        opened.goto(f"http://localhost:{port}/docs", timeout=30_000)
        yield opened, token
        opened.close()


@pytest.mark.browser
def test_a_browser_makes_a_passkey_and_signs_in_with_it(page: tuple[Page, str]) -> None:
    """As the how-to has it, word for word, with an authenticator that finds its keys by itself."""
    opened, token = page
    devtools = opened.context.new_cdp_session(opened)
    devtools.send("WebAuthn.enable")
    added = devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    told: dict[str, Any] = opened.evaluate(
        f"""async (token) => {{
            const csrfToken = await fetch("/auth/verify-email?session=cookie", {{
              method: "POST", headers: {{"Content-Type": "application/json"}}, body: JSON.stringify({{token}}),
            }}).then(answer => answer.json()).then(answer => answer.csrf_token);
            {ADDING}
            const kept = await fetch("/auth/passkeys").then(answer => answer.json());
            await fetch("/auth/logout", {{method: "POST", headers: {{"X-CSRF-Token": csrfToken}}}});
            const gone = (await fetch("/me")).status;
            {{
              {SIGNING_IN}
              const devices = await fetch("/auth/sessions").then(answer => answer.json());
              return {{kept: kept.items, gone, user, token: csrf_token, methods: devices.items.at(-1).methods}};
            }}
        }}""",
        token,
    )
    keys = devtools.send("WebAuthn.getCredentials", {"authenticatorId": added["authenticatorId"]})["credentials"]

    assert [(each["name"], each["transports"]) for each in told["kept"]] == [("My telephone", ["internal"])]
    assert told["gone"] == 401
    assert told["user"]["email"] == "ada@example.com"
    assert told["token"]
    assert {"user", "mfa"} <= {*told["methods"]}
    assert [(each["rpId"], each["isResidentCredential"], each["signCount"]) for each in keys] == [
        ("localhost", True, 2)
    ]
