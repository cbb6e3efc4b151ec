"""Customers, as tests over HTTP meet them."""

import asyncio
import re
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import msgspec

from shopcore.shop import Shop

PASSWORD = "difference engine no. 2"


@dataclass(frozen=True)
class Mail:
    """One mail that the shop sent."""

    to: str
    subject: str
    text: str

    @property
    def link(self) -> str:
        """Where its link leads."""
        found = re.search(r"^https?://\S+", self.text, re.MULTILINE)
        assert found is not None, self.text
        return found[0]

    @property
    def token(self) -> str:
        """What its link carries."""
        return self.link.partition("#token=")[2]


async def mails(shop: Shop) -> list[Mail]:
    """All that is sent once the shop has done its work, oldest first."""
    await shop.work_off()
    return await asyncio.to_thread(_read, Path(shop.settings.mail_folder))


def _read(folder: Path) -> list[Mail]:
    files = sorted(folder.glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
    read = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]
    return [Mail(str(mail["To"]), str(mail["Subject"]), _text(mail)) for mail in read]


def _text(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


@dataclass
class Person:
    """Somebody with an account, and what they were given when they signed in last."""

    client: httpx.AsyncClient
    shop: Shop
    email: str
    tokens: dict[str, Any]
    password: str = PASSWORD

    @property
    def headers(self) -> dict[str, str]:
        """Their access token."""
        return bearer(self.tokens["access_token"])

    async def login(self, **more: Any) -> httpx.Response:
        """Sign in once more; what they had stays."""
        shown = {"email": self.email, "password": self.password}
        return await self.client.post("/auth/login", json={**shown, **more})

    async def ask(self, method: str, path: str, **sent: Any) -> httpx.Response:
        """Ask as themselves."""
        return await self.client.request(method, path, headers={**self.headers, **sent.pop("headers", {})}, **sent)

    async def last_mail(self, subject: str = "") -> Mail:
        """The last one that they got, of that subject. Two that are sent for one act come in any order."""
        return [mail for mail in await mails(self.shop) if mail.to == self.email and subject in mail.subject][-1]


def bearer(token: str) -> dict[str, str]:
    """As it is sent."""
    return {"Authorization": f"Bearer {token}"}


async def register(client: httpx.AsyncClient, email: str, password: str = PASSWORD, **more: Any) -> httpx.Response:
    """Ask for an account."""
    return await client.post("/auth/register", json={"email": email, "password": password, **more})


async def joined(client: httpx.AsyncClient, shop: Shop, email: str = "ada@example.com", **more: Any) -> Person:
    """Somebody who has registered and followed the link."""
    assert (await register(client, email, **more)).status_code == 202
    (mail,) = [mail for mail in await mails(shop) if mail.to == email and mail.subject == "Confirm your e-mail address"]
    answer = await client.post("/auth/verify-email", json={"token": mail.token})
    assert answer.status_code == 200, answer.text
    await shop.work_off()  # which sends the welcome, so that any mail that follows is a later one
    return Person(client, shop, email, answer.json())


async def grown_old(shop: Shop, person: Person) -> None:
    """Their session is of yesterday."""
    account = await shop._store.accounts.find_by_email(person.email)
    assert account is not None
    for session in await shop._store.sessions.of_customer(account.id):
        aged = partial(msgspec.structs.replace, authenticated_at=session.authenticated_at - timedelta(days=1))
        await shop._store.sessions.update(session.id, aged)
