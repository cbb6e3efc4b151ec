"""The contract of `shopcore.notifications.ports.Mailer`."""

import asyncio
import email
from collections.abc import Callable, Sequence
from contextlib import suppress
from email import policy
from email.message import EmailMessage

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopcore.notifications.errors import MailRefused, Undeliverable
from shopcore.notifications.model import Message
from shopcore.notifications.ports import Mailer

replace = msgspec.structs.replace

MAIL = Message(
    key="order-confirmation/1",
    to="ada@example.org",
    sender="A Shop, Inc. <shop@example.org>",
    subject="Your order 4711: größer, 更好",
    text="Thank you.\n\nIt goes to: Ada, Ünter den Linden 1\n.\nFrom here on\n",
    html="<p>Thank you.</p>",
)
_HEADERS = st.text(st.sampled_from("a@\r\n\0\x85\u2028 ,;:<>()\"'\\=?é") | st.characters(codec="utf-8"), max_size=30)


class Interrupted(Exception):
    """What a caller's own code raises."""


@pytest.mark.anyio
class MailerContract:
    """Override `mailer`, and `received`: every mail that has arrived, as the bytes that went over the wire."""

    @pytest.fixture
    def mailer(self) -> Mailer:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def received(self) -> Callable[[], Sequence[bytes]]:
        pytest.fail("override this fixture with a look into the mailbox")

    async def test_a_mail_arrives_as_it_was_written(
        self, mailer: Mailer, received: Callable[[], Sequence[bytes]]
    ) -> None:
        """Headers and both bodies, in any script."""
        await mailer.send(MAIL)
        (raw,) = received()
        mail = _parsed(raw)

        assert mail["To"] == MAIL.to
        assert mail["Subject"] == MAIL.subject
        assert mail["From"].addresses[0].display_name == "A Shop, Inc."
        assert mail["From"].addresses[0].addr_spec == "shop@example.org"
        assert _body(raw, "plain") == MAIL.text
        assert _body(raw, "html") == f"{MAIL.html}\n"
        assert mail["Date"].datetime.tzinfo is not None

    async def test_a_mail_without_html_is_plain(self, mailer: Mailer, received: Callable[[], Sequence[bytes]]) -> None:
        """One part, of text."""
        await mailer.send(replace(MAIL, html=None))
        (raw,) = received()

        assert _parsed(raw).get_content_type() == "text/plain"
        assert _body(raw, "plain") == MAIL.text

    async def test_what_nobody_waits_for_can_be_left(
        self, mailer: Mailer, received: Callable[[], Sequence[bytes]]
    ) -> None:
        """By a button of the reader's program: its header is in one piece however long the link is (RFC 8058)."""
        url = f"https://shop.example.org/unsubscribe/{'a_-' * 60}"
        await mailer.send(replace(MAIL, key="left", leave=url))
        await mailer.send(MAIL)
        lines = [raw.replace(b"\r\n", b"\n").partition(b"\n\n")[0].split(b"\n") for raw in received()]
        heads = [[each for each in head if each.startswith(b"List-")] for head in lines]

        wanted = [f"List-Unsubscribe: <{url}>".encode(), b"List-Unsubscribe-Post: List-Unsubscribe=One-Click"]
        assert sorted(heads) == [[], wanted]

    async def test_a_key_is_one_mail(self, mailer: Mailer, received: Callable[[], Sequence[bytes]]) -> None:
        """However often and concurrently it is sent, all that arrive have the same Message-ID."""
        await asyncio.gather(*(mailer.send(MAIL) for _ in range(10)))
        await mailer.send(MAIL)

        assert len({_parsed(raw)["Message-ID"] for raw in received()}) == 1

    async def test_two_keys_are_two_mails(self, mailer: Mailer, received: Callable[[], Sequence[bytes]]) -> None:
        """Also where the keys differ in case, or in characters that no file name has."""
        keys = ("order/1", "order-1", "Order/1", "order/1 ", "../order/1", "order/1/" + "x" * 300, "注文/1")
        for key in keys:
            await mailer.send(replace(MAIL, key=key))

        assert len({_parsed(raw)["Message-ID"] for raw in received()}) == len(keys)

    async def test_what_is_taken_back_at_the_last_moment_does_not_go(
        self, mailer: Mailer, received: Callable[[], Sequence[bytes]]
    ) -> None:
        """Whoever asks hears no, or what was raised, and sends nothing; the next mail goes as ever."""
        asked: list[Sequence[bytes]] = []

        async def no() -> bool:
            asked.append(received())
            return False

        async def broken() -> bool:
            asked.append(received())
            raise Interrupted

        await mailer.send(replace(MAIL, key="no"), no)
        with suppress(Interrupted):
            await mailer.send(replace(MAIL, key="broken"), broken)
        found = received() if asked else []  # one whose receiving side knows keys again does not ask
        await mailer.send(replace(MAIL, key="next"))

        assert found == []
        assert len(received()) == (1 if asked else 3)
        assert asked in ([], [[], []])

    @pytest.mark.parametrize("to", ["jürgen@example.org", "ada@exämple.org", "o'hara+shop@example.org", '"a b"@x.org'])
    async def test_unusual_addresses_are_written_to(
        self, mailer: Mailer, received: Callable[[], Sequence[bytes]], to: str
    ) -> None:
        """Letters beyond ASCII (RFC 6531) and quoted ones."""
        await mailer.send(replace(MAIL, to=to))
        (mail,) = [_parsed(raw) for raw in received()]

        assert [address.addr_spec for address in mail["To"].addresses] == [to]

    @pytest.mark.parametrize(
        "to",
        ["", "ada", "@example.org", "ada@", "a@x.org, b@x.org", "Ada <a@x.org>", "a@x.org\nBcc: b@x.org", "ü,b@x.org"],
    )
    async def test_what_is_not_one_address_is_refused(
        self, mailer: Mailer, received: Callable[[], Sequence[bytes]], to: str
    ) -> None:
        """And nothing is sent to anybody."""
        with pytest.raises(Undeliverable):
            await mailer.send(replace(MAIL, to=to))

        assert not received()

    @given(to=_HEADERS | st.just(MAIL.to), subject=_HEADERS, name=_HEADERS)
    @settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
    async def test_no_value_becomes_another_header(
        self, mailer: Mailer, received: Callable[[], Sequence[bytes]], to: str, subject: str, name: str
    ) -> None:
        """Line breaks, commas and encodings stay values, or the mail is refused."""
        key = str(len(received()))
        mail = replace(MAIL, key=key, to=to, subject=subject, sender=f"{name} <shop@example.org>")
        before = set(received())
        try:
            await mailer.send(mail)
        except (Undeliverable, MailRefused):
            assert set(received()) == before
            return
        (raw,) = set(received()) - before

        assert sorted(_parsed(raw).keys()) == _NAMES
        assert len(_parsed(raw)["To"].addresses) == 1
        assert [address.addr_spec for address in _parsed(raw)["From"].addresses] == ["shop@example.org"]


_NAMES = ["Content-Type", "Date", "From", "MIME-Version", "Message-ID", "Subject", "To"]


def _parsed(raw: bytes) -> EmailMessage:
    """From text, because Python's parser of bytes does not know headers in UTF-8 (RFC 6532)."""
    return email.message_from_string(raw.decode().replace("\r\n", "\n"), policy=policy.default)


def _body(raw: bytes, kind: str) -> str:
    part = email.message_from_bytes(raw, policy=policy.default).get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")
