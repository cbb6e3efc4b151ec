"""A mail as it goes over the wire (RFC 5322, 2045 to 2049, 6532): every value stays inside its own header."""

import hashlib
import re
from datetime import datetime
from email import policy
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from urllib.parse import quote

import msgspec

from shopcore.notifications.errors import Undeliverable
from shopcore.notifications.model.message import Message

_SEVEN_BIT = policy.SMTP.clone(cte_type="7bit")  # no server on the way has to know 8BITMIME
_LONGEST_LINE = 998  # RFC 5322, 2.1.1
_IN_A_URI = ":/?#[]@!$&'()*+,;=%"  # besides letters, digits and -._~ (RFC 3986, 2.2)


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A mail, ready to go: the two bare addresses of its envelope, and its content with CRLF line ends."""

    sender: str
    to: str
    content: bytes


def compose(message: Message, at: datetime) -> Letter:
    """The same letter for the same message and moment. Raises `Undeliverable`."""
    sender, to = _sender(message.sender), _address("address", message.to)
    mail = EmailMessage(policy=_SEVEN_BIT if (sender.addr_spec + to.addr_spec).isascii() else policy.SMTPUTF8)
    mail["From"] = sender
    mail["To"] = to
    mail["Subject"] = _one_line(message.subject)
    mail["Date"] = at
    mail["Message-ID"] = f"<{digest(message.key)[:32]}@{sender.domain}>"
    mail.set_content(message.text, cte=_encoding(message.text))
    if message.html is not None:
        mail.add_alternative(message.html, subtype="html", cte=_encoding(message.html))
        # Of the content, so that nothing in it can be the boundary; the library would throw dice.
        mail.set_boundary(f"=={digest(message.key + message.text + message.html)[:40]}==")
    return Letter(sender=sender.addr_spec, to=to.addr_spec, content=_leaving(message.leave) + mail.as_bytes())


def _leaving(url: str | None) -> bytes:
    """The headers for a mail program's button (RFC 2369, 3.2; RFC 8058, 3.1). The library would break a long URL, and
    encode its parts as words, which nobody reads in a header like this.
    """
    if url is None:
        return b""
    uri = quote(url, safe=_IN_A_URI)
    return f"List-Unsubscribe: <{uri}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n".encode()


def digest(key: str) -> str:
    """What a message's key is known by where it cannot stand itself."""
    return hashlib.sha256(key.encode()).hexdigest()


def _encoding(text: str) -> str | None:
    """As it is wherever it may be, so that a link can be followed from the file; else what the library chooses."""
    plain = text.isascii() and max(map(len, text.splitlines()), default=0) <= _LONGEST_LINE
    return "7bit" if plain else None


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
