"""Mail, into a folder."""

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import pytest

from shopcore.adapters.local.clock import SystemClock
from shopcore.adapters.local.mail_folder import MailFolder
from shopcore.kernel.errors import Unavailable
from shopcore.notifications.model import Message
from shopcore.notifications.ports import Mailer, Ready, at_any_time
from shopcore.testing.contracts.mailer import MAIL, MailerContract

pytestmark = pytest.mark.anyio


@pytest.fixture
def received(tmp_path: Path) -> Callable[[], Sequence[bytes]]:
    return lambda: [path.read_bytes() for path in (tmp_path / "mail").glob("*.eml")]


class TestMailFolder(MailerContract):
    @pytest.fixture
    def mailer(self, tmp_path: Path) -> Mailer:
        return MailFolder(tmp_path / "mail", SystemClock())

    @pytest.fixture
    def received(self, received: Callable[[], Sequence[bytes]]) -> Callable[[], Sequence[bytes]]:
        return received


async def test_a_mail_sent_twice_is_one_file(tmp_path: Path, received: Callable[[], Sequence[bytes]]) -> None:
    """The folder does what a mailbox does with a known Message-ID, and keeps nothing but mails."""
    mailer = MailFolder(tmp_path / "mail", SystemClock())
    await mailer.send(MAIL)
    (first,) = received()
    await mailer.send(msgspec.structs.replace(MAIL, text="again"))

    assert received() == [first]
    assert [path.suffix for path in (tmp_path / "mail").iterdir()] == [".eml"]


async def test_a_folder_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    """So that the job tries again when somebody has seen to it."""
    (tmp_path / "mail").write_text("a file where the folder should be")

    with pytest.raises(Unavailable):
        await MailFolder(tmp_path / "mail", SystemClock()).send(MAIL)


async def test_a_link_can_be_followed_from_the_file(tmp_path: Path, received: Callable[[], Sequence[bytes]]) -> None:
    """No line of plain text is broken or encoded, unless it is longer than RFC 5322 allows."""
    link = f"https://shop.example.org/verify-email#token={'a=' * 200}"
    mail = msgspec.structs.replace(MAIL, text=f"Follow it:\n\n{link}\n", html=f'<a href="{link}">it</a>\n')
    await MailFolder(tmp_path / "mail", SystemClock()).send(mail)
    (raw,) = received()

    assert f"\r\n{link}\r\n".encode() in raw
    assert f'<a href="{link}">it</a>'.encode() in raw


async def test_lines_that_no_server_takes_are_encoded(tmp_path: Path, received: Callable[[], Sequence[bytes]]) -> None:
    await MailFolder(tmp_path / "mail", SystemClock()).send(msgspec.structs.replace(MAIL, text="a" * 2000))
    (raw,) = received()

    assert max(map(len, raw.split(b"\r\n"))) <= 998


class ByRandomName(MailFolder):
    """The mistake of a file and a Message-ID per call."""

    calls = 0

    async def send(self, message: Message, ready: Ready = at_any_time) -> None:
        self.calls += 1
        await super().send(msgspec.structs.replace(message, key=f"{message.key}/{self.calls}"), ready)


async def test_a_mailer_that_sends_twice_is_noticed(tmp_path: Path, received: Callable[[], Sequence[bytes]]) -> None:
    """The contract sees the mistake."""
    with pytest.raises(AssertionError):
        await MailerContract().test_a_key_is_one_mail(ByRandomName(tmp_path / "mail", SystemClock()), received)


class Deaf(MailFolder):
    """The mistake of asking, and sending whatever the answer is."""

    async def send(self, message: Message, ready: Ready = at_any_time) -> None:
        await ready()
        await super().send(message)


async def test_a_mailer_that_sends_what_was_taken_back_is_noticed(
    tmp_path: Path, received: Callable[[], Sequence[bytes]]
) -> None:
    with pytest.raises(AssertionError):
        await MailerContract().test_what_is_taken_back_at_the_last_moment_does_not_go(
            Deaf(tmp_path / "mail", SystemClock()), received
        )
