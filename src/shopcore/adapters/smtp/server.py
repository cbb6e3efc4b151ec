"""A mail server, and one conversation with it after another."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from aiosmtplib import SMTP


@dataclass(frozen=True, kw_only=True, slots=True)
class SmtpServer:
    """Where a mail server is, who the shop is there, and how the connection is kept secret: from its first byte (RFC
    8314), by STARTTLS (RFC 3207), without which nothing goes on, or not at all.
    """

    host: str
    port: int
    tls: Literal["implicit", "starttls", "off"]
    user: str | None = None
    password: str | None = None

    @property
    def name(self) -> str:
        """What it is called in logs and refusals."""
        return f"{self.host}:{self.port}"


def trust(ca_file: str | None) -> ssl.SSLContext:
    """What certificates are checked with: those of the machine's authorities, and of one's own."""
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    return context


def client_of(server: SmtpServer, context: ssl.SSLContext, greeting: str, seconds: float) -> Callable[[], SMTP]:
    """Makes clients that are not connected yet. `greeting` is the domain that they give as their own."""

    def client() -> SMTP:
        return SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            use_tls=server.tls == "implicit",
            start_tls=server.tls == "starttls",
            tls_context=context,
            local_hostname=greeting,
            timeout=seconds,
        )

    return client
