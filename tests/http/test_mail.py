"""A served shop whose mails go to real mailboxes."""

import email
from collections.abc import Iterator
from email import policy
from pathlib import Path

import pytest
from tests.emptying import emptied
from tests.load.buyers import Buyer, stock
from tests.load.servers import serving
from tests.mailboxes import PASSWORD, USER, certificate, mailbox

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]


@pytest.fixture(params=["sqlite", "mongo"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The settings of a store; what is kept on a server is gone at the end."""
    if request.param == "sqlite":
        yield {"STORE_URL": f"sqlite:///{tmp_path / 'shop.db'}"}
        return
    url = request.getfixturevalue("mongo_url")
    yield {"STORE_URL": url, "WRITE_TIMEOUT_SECONDS": "2.5"}
    emptied(url)


async def test_a_confirmation_arrives(tmp_path: Path, store: dict[str, str]) -> None:
    """Of an order from a server process, in a mailbox that is reached by STARTTLS and a password, once."""
    own = certificate(tmp_path)
    await stock(tmp_path, 10, store_url=store["STORE_URL"])
    async with mailbox(tls="starttls", certificate=own, asks_for_password=True) as box:
        mail = {
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(box.port),
            "SMTP_USER": USER,
            "SMTP_PASS": PASSWORD,
            "SMTP_CA_FILE": str(own.file),
            "SMTP_FROM": "A Shop <shop@example.org>",
        }
        with serving(tmp_path, settings={**store, **mail}) as (server,):
            buyer = Buyer(server.url, 1)
            await buyer.fill_cart()
            bought = await buyer.check_out()
            (content,) = await box.holds(1)
            await buyer.leave()

    assert bought.status == 201
    ((sender, to, _),) = box.arrived
    letter = email.message_from_bytes(content, policy=policy.default)
    assert (sender, to) == ("shop@example.org", ["buyer1@example.com"])
    assert bought.json()["order"]["number"] in letter["Subject"]
    assert [part.get_content_type() for part in letter.iter_parts()] == ["text/plain", "text/html"]
    assert "mail" not in {each.name for each in tmp_path.iterdir()}  # noqa: ASYNC240


async def test_a_confirmation_waits_for_its_server(tmp_path: Path, store: dict[str, str]) -> None:
    """It is down while the order is paid; a mailbox that is not there at all makes a dead letter, at once."""
    await stock(tmp_path, 10, store_url=store["STORE_URL"])
    async with mailbox(replies={"buyer2@example.com": "550 5.1.1 unknown"}) as box:
        await box.stop()
        with serving(tmp_path, settings={**store, "SMTP_URL": f"{box.url}?tls=off"}) as (server,):
            for number in (1, 2):
                buyer = Buyer(server.url, number)
                await buyer.fill_cart()
                assert (await buyer.check_out()).status == 201
                await buyer.leave()
            await box.start()
            await box.holds(1)
            await box.refused(1)

    assert [to for _, to, _ in box.arrived] == [["buyer1@example.com"]]
