"""The pages that a person opens: the interface, and the pretend bank."""

import os
import shutil
import time
import uuid
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright
from tests.http.conftest import ORDER, PRODUCTS, lasting, serving, settings_for, stocked

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        message = "there is no Chromium here: the pages were not looked at"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"], timeout=60_000
        )
        yield launched
        launched.close()


def scrolled_through(page: Page) -> set[str]:
    """The operations that come by from the top to the bottom: of a long document only what is in sight is drawn."""
    seen: set[str] = set()
    is_at_the_end = False
    while not is_at_the_end:
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        seen |= set(page.locator(".opblock").evaluate_all("found => found.map(each => each.id)"))
        is_at_the_end = page.evaluate(
            """() => {
                const before = window.scrollY;
                window.scrollBy(0, window.innerHeight / 2);
                return window.scrollY === before;
            }"""
        )
    return seen


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
    page.wait_for_selector(".opblock", timeout=30_000)
    shown = scrolled_through(page)
    page.evaluate("window.scrollTo(0, 0)")
    page.locator(".opblock-post").first.click()
    page.wait_for_selector(".opblock-body", timeout=30_000)
    title = page.title()
    page.close()
    documented = httpx.get(f"{served}/openapi.json").json()["paths"]

    assert title == "shopcore API"
    assert shown == {
        f"operations-{operation['tags'][0]}-{operation['operationId']}"
        for methods in documented.values()
        for operation in methods.values()
    }
    assert [url for url in asked if not url.startswith((f"{served}/", "data:"))] == []
    assert complaints == []


def test_its_files_are_there_and_nothing_else_is(served: str) -> None:
    for name in ("swagger-ui-bundle.js", "swagger-ui.css", "docs.js", "icon.svg"):
        answer = httpx.get(f"{served}/static/{name}")
        assert answer.status_code == 200
        assert "charset" in answer.headers["content-type"] or name.endswith(".svg")
    for name in ("swagger-ui.LICENSE", "..%2fapp.py", "%2e%2e/app.py", "none.js"):
        assert httpx.get(f"{served}/static/{name}").status_code == 404


@pytest.fixture(scope="module")
def selling(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A stocked shop that does its jobs, so that the bank's webhooks arrive."""
    folder = tmp_path_factory.mktemp("selling")
    settings = settings_for(folder, **lasting(folder), worker="inline")
    stocked(settings, PRODUCTS)
    with serving(settings) as address:
        yield address


def order_of(client: httpx.Client) -> tuple[str, dict[str, str], str]:
    """An order whose buyer is sent to the bank: its address, what proves that it is theirs, and the bank's page."""
    cart = client.post("/cart/items", json={"sku": "CAP", "quantity": 1}).headers["x-cart-token"]
    command = {**ORDER, "payment": {"method": "requires_action"}}
    headers = {"X-Cart-Token": cart, "Idempotency-Key": str(uuid.uuid4())}
    placed = client.post("/cart/checkout", json=command, headers=headers).json()
    page = urlsplit(placed["payment"]["next_action"]["url"]).path
    return f"/orders/{placed['order']['id']}", {"X-Order-Token": placed["order_token"]}, page


@pytest.mark.browser
@pytest.mark.parametrize(
    ("button", "said", "status"), [("Approve", "captured", "paid"), ("Refuse", "failed", "failed")]
)
def test_the_bank_s_page_asks_once_and_the_shop_hears_of_it(
    browser: Browser, selling: str, button: str, said: str, status: str
) -> None:
    """By a click, under the page's own content security policy; the page has nothing to ask afterwards."""
    with httpx.Client(base_url=selling) as client:
        order, proof, path = order_of(client)
        complaints: list[str] = []
        page = browser.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(selling + path)
        asked = page.inner_text("p")
        page.get_by_role("button", name=button).click()
        page.wait_for_function("document.querySelector('form') === null", timeout=30_000)
        told = page.inner_text("p")
        page.close()
        deadline = time.monotonic() + 20
        while (shown := client.get(order, headers=proof).json())["payment_status"] != status:
            assert time.monotonic() < deadline, shown

    assert "12.50 USD" in asked
    assert said in told
    assert complaints == []
