"""Mails that nobody waits for can be left: by one click, without a session, and taken up again in the account."""

import asyncio
import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from pathlib import Path

import httpx
import pytest
from msgspec import structs
from tests.http.conftest import problem_of
from tests.http.people import Person

from shopcore.identity.model import Mailing
from shopcore.identity.model.mailings import leaving_token
from shopcore.kernel.actor import System
from shopcore.kernel.ids import CustomerId
from shopcore.shop import owner

pytestmark = [pytest.mark.anyio, pytest.mark.both_stores]

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


async def variant_of(ada: Person) -> str:
    return str((await ada.client.get("/products/wool-cap")).json()["variants"][0]["id"])


async def back_in_stock(ada: Person) -> list[EmailMessage]:
    """What the customer is told of something that they wait for and that is there, oldest first."""
    await ada.shop._cases.messages.news.find_back_in_stock(System(kind="find_back_in_stock"))
    await ada.shop.work_off()
    return await asyncio.to_thread(_read, Path(ada.shop.settings.mail_folder))


def _read(folder: Path) -> list[EmailMessage]:
    files = sorted(folder.glob("back-in-stock*.eml"), key=lambda file: file.stat().st_mtime_ns)
    return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]


async def wait_for(ada: Person) -> httpx.Response:
    return await ada.ask("PUT", f"/me/stock-watches/{await variant_of(ada)}")


async def test_one_click_ends_mails_of_that_kind(ada: Person) -> None:
    """The link is in the header, in the text and in the HTML; it takes no cookie, and is as good twice."""
    await wait_for(ada)
    (mail,) = await back_in_stock(ada)
    link = str(mail["List-Unsubscribe"]).strip("<>")
    asked = await ada.client.get(httpx.URL(link).path)
    before = (await ada.ask("GET", "/me")).json()["mailings"]
    clicks = [await ada.client.post(httpx.URL(link).path, data=ONE_CLICK) for _ in range(2)]
    after = (await ada.ask("GET", "/me")).json()["mailings"]
    refused = await wait_for(ada)

    parts = {part.get_content_type(): part.get_content() for part in mail.iter_parts()}
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link.startswith(f"{ada.shop.settings.app_url}/unsubscribe/")
    assert link in parts["text/plain"].split()
    assert f'href="{link}"' in parts["text/html"]
    assert (asked.status_code, re.findall(r'<form method="post">', asked.text)) == (200, ['<form method="post">'])
    assert before == {"back_in_stock": True, "cart_reminder": True}
    assert [(each.status_code, each.headers["content-type"]) for each in clicks] == [
        (200, "text/html; charset=utf-8")
    ] * 2
    assert after == {"back_in_stock": False, "cart_reminder": True}
    assert (refused.status_code, problem_of(refused)["code"]) == (409, "mailing_unwanted")


async def test_what_was_asked_for_before_is_not_sent_after(ada: Person) -> None:
    """And is asked for again once the account wants it; the audit log says who said so."""
    await wait_for(ada)
    for wish in (False, True):
        changed = await ada.ask("PATCH", "/me", json={"mailings": {"back_in_stock": wish}})
        assert changed.json()["mailings"] == {"back_in_stock": wish, "cart_reminder": True}
        if not wish:
            assert await back_in_stock(ada) == []
    again = await wait_for(ada)
    noted = (await ada.shop.as_(owner()).audit.list(limit=100)).items

    assert again.status_code == 204
    assert len(await back_in_stock(ada)) == 1
    said = [dict(each.after) for each in noted if each.action == "account.change_profile"]
    assert sorted(said, key=len) == [{}, {"unwanted": "back_in_stock"}]


@pytest.mark.parametrize("spoil", [str.swapcase, lambda token: token[:-1], lambda _: "none", lambda _: "é" * 600])
async def test_a_token_that_the_shop_has_not_made_is_refused(ada: Person, spoil: object) -> None:
    assert callable(spoil)
    token = leaving_token(ada.shop._world.signer, Mailing.CART_REMINDER, CustomerId(ada.tokens["user"]["id"]))
    answer = await ada.client.post(f"/unsubscribe/{spoil(token)}", data=ONE_CLICK)

    assert (answer.status_code, problem_of(answer)["code"]) == (422, "invalid_link")
    assert (await ada.ask("GET", "/me")).json()["mailings"]["cart_reminder"] is True


async def test_nobody_waits_for_a_mail_that_their_mailbox_would_not_get(ada: Person) -> None:
    """It is not shown to be theirs yet, so a wish would be used up without a mail."""
    account_id = CustomerId(ada.tokens["user"]["id"])
    await ada.shop._store.accounts.update(account_id, partial(structs.replace, verified_at=None))
    refused = await wait_for(ada)

    assert (refused.status_code, problem_of(refused)["code"]) == (403, "email_not_verified")
    assert list(await ada.shop._store.stock_watches.of_customer(account_id)) == []
