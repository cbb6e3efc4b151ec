"""A real mail server for tests, in the event loop of the test, and what arrives there."""

import asyncio
import ipaddress
import ssl
import warnings
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "shop@example.org", "a password: with @, / and ,"


@dataclass(frozen=True)
class Certificate:
    """A certificate for this machine, signed by itself, and its key; both files in PEM."""

    file: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """What a server shows it with."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file, self.key)
        return context


def certificate(folder: Path, name: str = "localhost") -> Certificate:
    """A new one."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    names = [x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    found = Certificate(folder / "mail.pem", folder / "mail.key")
    found.file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    found.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return found


@dataclass
class Mailbox:
    """One server, and how it is to behave. `replies` are given instead of a yes: by command, or by recipient."""

    tls: str = "off"
    certificate: Certificate | None = None
    asks_for_password: bool = False
    takes_utf8: bool = True
    replies: dict[str, str] = field(default_factory=dict)
    port: int = 0
    arrived: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    connections: int = 0
    losing_answers: int = 0
    contents_come: int = 0
    hanging: asyncio.Event | None = None
    open: set[Any] = field(default_factory=set)
    greetings: list[str] = field(default_factory=list)
    _server: asyncio.Server | None = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _left: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def contents(self) -> list[bytes]:
        """Every mail that has arrived, as it went over the wire."""
        return [content for _, _, content in self.arrived]

    async def holds(self, count: int, seconds: float = 20.0) -> list[bytes]:
        """Wait until so many mails have arrived; all that have."""
        async with asyncio.timeout(seconds):
            while len(self.arrived) < count:
                self._news.clear()
                await self._news.wait()
        return self.contents

    async def asked(self, count: int, seconds: float = 60.0) -> None:
        """Wait until so many contents have come, answered or not."""
        async with asyncio.timeout(seconds):
            while self.contents_come < count:
                self._news.clear()
                await self._news.wait()

    async def refused(self, count: int, seconds: float = 20.0) -> None:
        """Wait until so many recipients have been refused."""
        async with asyncio.timeout(seconds):
            while len(self.refusals) < count:
                self._news.clear()
                await self._news.wait()

    async def start(self) -> None:
        """Listen: on a free port the first time, and on the same one again."""
        implicit = self.certificate.context() if self.certificate and self.tls == "implicit" else None
        loop = asyncio.get_running_loop()
        self._left.set()
        self._server = await loop.create_server(self._session, "127.0.0.1", self.port, ssl=implicit)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Be gone, with every connection."""
        if self._server is not None:
            self._server.close()
            self.hang_up()
            await self._server.wait_closed()
            self._server = None
        await self._left.wait()

    def hang_up(self) -> None:
        """Close every connection, as a server may at any time."""
        for session in list(self.open):
            if session.transport is not None:
                session.transport.abort()

    def came(self, session: SMTP) -> None:
        """Somebody has connected; the session begins again once STARTTLS has changed the connection."""
        if session not in self.open:
            self.open.add(session)
            self.connections += 1
            self._left.clear()

    def left(self, session: SMTP) -> None:
        """Somebody has gone."""
        self.open.discard(session)
        if not self.open:
            self._left.set()

    def _session(self) -> SMTP:
        context = self.certificate.context() if self.certificate and self.tls == "starttls" else None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a password may come without TLS, or within one that it does not see
            return self._new_session(context)

    def _new_session(self, context: ssl.SSLContext | None) -> SMTP:
        return _Session(
            self,
            hostname="mail.test",
            enable_SMTPUTF8=self.takes_utf8,
            tls_context=context,
            require_starttls=context is not None,
            authenticator=_authenticated if self.asks_for_password else None,
            auth_required=self.asks_for_password,
            auth_require_tls=self.tls == "starttls",
        )

    # What aiosmtpd calls.

    async def handle_EHLO(  # noqa: N802
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.greetings.append(hostname)
        return responses

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if refusal := self.replies.get("MAIL"):
            return refusal
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if refusal := self.replies.get(address) or self.replies.get("RCPT"):
            self.refusals.append(address)
            self._news.set()
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.contents_come += 1
        self._news.set()
        if self.hanging is not None:
            await self.hanging.wait()
        if refusal := self.replies.get("DATA"):
            return refusal
        assert isinstance(envelope.content, bytes)
        self.arrived.append((str(envelope.mail_from), list(envelope.rcpt_tos), envelope.content))
        self._news.set()
        if self.losing_answers:
            self.losing_answers -= 1
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return "250 OK"


class _Session(SMTP):
    """One connection, known to its mailbox."""

    def __init__(self, mailbox: Mailbox, **options: Any) -> None:
        super().__init__(mailbox, loop=asyncio.get_running_loop(), **options)
        self.mailbox = mailbox

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.mailbox.came(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self.mailbox.left(self)


def _authenticated(
    _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: LoginPassword
) -> AuthResult:
    known = data.login == USER.encode() and data.password == PASSWORD.encode()
    return AuthResult(success=known, handled=False)  # handled would mean that the client has had its answer


@asynccontextmanager
async def mailbox(**behaviour: Any) -> AsyncGenerator[Mailbox]:
    """A server, for as long as it is wanted."""
    box = Mailbox(**behaviour)
    await box.start()
    try:
        yield box
    finally:
        if box.hanging is not None:
            box.hanging.set()
        await box.stop()
