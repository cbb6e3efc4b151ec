"""Mailers of the servers that a test has started."""

import email
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from email import policy
from typing import Any

import pytest
from tests.mailboxes import PASSWORD, USER, Certificate, Mailbox, certificate, mailbox

from shopcore.adapters.local.clock import SystemClock
from shopcore.adapters.smtp.mailer import SmtpMailer, opened
from shopcore.adapters.smtp.server import SmtpServer
from shopcore.notifications.ports import Mailer
from shopcore.testing.contracts.mailer import MAIL


def server_of(box: Mailbox, **changes: Any) -> SmtpServer:
    """How a shop is told of it."""
    usual: dict[str, Any] = {"host": "127.0.0.1", "port": box.port, "tls": box.tls}
    known = {"user": USER, "password": PASSWORD} if box.asks_for_password else {}
    return SmtpServer(**{**usual, **known, **changes})


@asynccontextmanager
async def sending(*servers: SmtpServer, **changes: Any) -> AsyncGenerator[SmtpMailer]:
    """A mailer of these servers."""
    usual: dict[str, Any] = {"sender": MAIL.sender, "seconds": 20.0, "connections": 4}
    async with opened(servers, SystemClock(), **{**usual, **changes}) as mailer:
        yield mailer


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
async def box() -> AsyncIterator[Mailbox]:
    async with mailbox() as opened_box:
        yield opened_box


@pytest.fixture
async def mailer(box: Mailbox) -> AsyncIterator[Mailer]:
    async with sending(server_of(box)) as opened_mailer:
        yield opened_mailer


def headers_of(content: bytes) -> Any:
    """As a mail program reads them."""
    return email.message_from_bytes(content, policy=policy.default)
