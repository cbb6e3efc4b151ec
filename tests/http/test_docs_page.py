"""The page that a person opens to browse the interface."""

import os
import shutil
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Request, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        message = "there is no Chromium here: the documentation page was not looked at"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"], timeout=60_000
        )
        yield launched
        launched.close()


@pytest.mark.browser
def test_it_shows_every_operation_and_loads_nothing_from_another_host(browser: Browser, served: str) -> None:
    page = browser.new_page()
    asked: list[str] = []
    complaints: list[str] = []

    def on_request(request: Request) -> None:
        asked.append(request.url)

    def on_console(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(message.text)

    page.on("request", on_request)
    page.on("console", on_console)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{served}/docs", timeout=30_000)
    page.wait_for_selector("#operations-checkout-check_out", timeout=30_000)
    shown = page.locator(".opblock").count()
    page.locator(".opblock-post").first.click()
    page.wait_for_selector(".opblock-body", timeout=30_000)
    title = page.title()
    page.close()
    documented = httpx.get(f"{served}/openapi.json").json()["paths"]

    assert title == "shopcore API"
    assert shown == sum(len(methods) for methods in documented.values())
    assert [url for url in asked if not url.startswith((f"{served}/", "data:"))] == []
    assert complaints == []


def test_its_files_are_there_and_nothing_else_is(served: str) -> None:
    for name in ("swagger-ui-bundle.js", "swagger-ui.css", "docs.js", "icon.svg"):
        answer = httpx.get(f"{served}/static/{name}")
        assert answer.status_code == 200
        assert "charset" in answer.headers["content-type"] or name.endswith(".svg")
    for name in ("swagger-ui.LICENSE", "..%2fapp.py", "%2e%2e/app.py", "none.js"):
        assert httpx.get(f"{served}/static/{name}").status_code == 404
