"""Mail as files: what a shop without a mail server sends."""

import asyncio
import hashlib
import os
import re
import secrets
from datetime import datetime
from email import policy
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path

from shopcore.kernel.clock import Clock
from shopcore.kernel.errors import Unavailable
from shopcore.notifications.errors import Undeliverable
from shopcore.notifications.model import Message

_SEVEN_BIT = policy.SMTP.clone(cte_type="7bit")  # no server on the way has to know 8BITMIME
_LONGEST_LINE = 998  # RFC 5322, 2.1.1


class MailFolder:
    """Each mail is one RFC 5322 `.eml` file, named after its key: sent twice, it is still one file."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    async def send(self, message: Message) -> None:
        """Write the file whole or not at all. Raises `Undeliverable`, or `Unavailable` if the folder takes no files."""
        content = compose(message, self._clock.now())
        try:
            await asyncio.to_thread(_write, self._folder / file_name(message.key), content)
        except OSError as error:
            raise Unavailable(f"the mail folder cannot be written: {error.strerror}") from error


def file_name(key: str) -> str:
    """A readable name that no other key has, on any file system."""
    readable = re.sub(r"[^A-Za-z0-9]+", "-", key).strip("-")[:80]
    return f"{readable}.{_digest(key)[:12]}.eml"


def compose(message: Message, at: datetime) -> bytes:
    """The mail as it goes over the wire, with CRLF line ends. Raises `Undeliverable`."""
    sender, to = _sender(message.sender), _address("address", message.to)
    mail = EmailMessage(policy=_SEVEN_BIT if message.to.isascii() else policy.SMTPUTF8)
    mail["From"] = sender
    mail["To"] = to
    mail["Subject"] = _one_line(message.subject)
    mail["Date"] = at
    mail["Message-ID"] = f"<{_digest(message.key)[:32]}@{sender.domain}>"
    mail.set_content(message.text, cte=_encoding(message.text))
    if message.html is not None:
        mail.add_alternative(message.html, subtype="html", cte=_encoding(message.html))
    return mail.as_bytes()


def _encoding(text: str) -> str | None:
    """As it is wherever it may be, so that a link can be followed from the file; else what the library chooses."""
    plain = text.isascii() and max(map(len, text.splitlines()), default=0) <= _LONGEST_LINE
    return "7bit" if plain else None


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _one_line(subject: str) -> str:
    if not subject.isprintable():
        raise Undeliverable("subject")
    return subject


def _address(part: str, text: str, name: str = "") -> Address:
    """One address, never a list of them. Letters beyond ASCII (RFC 6531) stand where any letter may."""
    if not (text + name).isprintable():
        raise Undeliverable(part)
    try:
        plain = Address(addr_spec="".join(letter if letter.isascii() else "x" for letter in text))
    except (MessageError, ValueError, IndexError):
        raise Undeliverable(part) from None
    if not plain.username or not plain.domain:
        raise Undeliverable(part)
    if text.isascii():
        return Address(display_name=name, username=plain.username, domain=plain.domain)
    username, _, domain = text.rpartition("@")
    return Address(display_name=name, username=username, domain=domain)


def _sender(text: str) -> Address:
    """A bare address, or a name (commas and all) with the address in angle brackets."""
    named = re.fullmatch(r"(?P<name>[^<>]*)<(?P<bare>[^<>]+)>", text)
    if named is None:
        return _address("sender", text)
    return _address("sender", named["bare"], named["name"].strip().strip('"'))


def _write(path: Path, content: bytes) -> None:
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with draft.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        _sync(path.parent)
    finally:
        draft.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
