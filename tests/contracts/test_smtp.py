"""Mail by SMTP: over TLS, with refusals for good and for now, within its time."""

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import pytest
from tests.contracts.mail_servers import box, mailer, own, sending, server_of
from tests.mailboxes import USER, Certificate, Mailbox, mailbox

from shopcore.adapters.local.clock import SystemClock
from shopcore.adapters.smtp import connections
from shopcore.kernel.errors import Unavailable
from shopcore.notifications.errors import MailRefused, NobodyAsked
from shopcore.notifications.ports import Mailer
from shopcore.testing.contracts.mailer import MAIL, MailerContract

__all__ = ["box", "mailer", "own"]

pytestmark = pytest.mark.anyio

replace = msgspec.structs.replace


class TestSmtpMailer(MailerContract):
    @pytest.fixture
    async def mailer(self, mailer: Mailer) -> Mailer:
        return mailer

    @pytest.fixture
    async def received(self, box: Mailbox) -> Callable[[], Sequence[bytes]]:
        return lambda: box.contents


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_mail_goes_over_tls_with_a_password(own: Certificate, tls: str) -> None:
    async with mailbox(tls=tls, certificate=own, asks_for_password=True) as box:
        async with sending(server_of(box), ca_file=str(own.file)) as mailer:
            await mailer.send(MAIL)

        assert [(sender, to) for sender, to, _ in box.arrived] == [("shop@example.org", [MAIL.to])]


async def test_a_password_is_shown_to_no_server_without_tls() -> None:
    """One that does not offer STARTTLS, as one in between would pretend, hears nothing but a greeting."""
    async with mailbox(asks_for_password=True) as box, sending(server_of(box, tls="starttls")) as mailer:
        with pytest.raises(Unavailable, match="does not offer"):
            await mailer.send(MAIL)

        assert not box.arrived


async def test_a_certificate_that_is_not_trusted_is_refused(own: Certificate) -> None:
    async with mailbox(tls="implicit", certificate=own) as box, sending(server_of(box)) as mailer:
        with pytest.raises(Unavailable, match="certificate is not trusted"):
            await mailer.send(MAIL)

        assert not box.arrived


async def test_a_wrong_password_waits_for_the_right_one(own: Certificate) -> None:
    """It is not the mail's fault: the mail is tried again, and nothing secret is in what is said."""
    async with mailbox(tls="starttls", certificate=own, asks_for_password=True) as box:
        async with sending(server_of(box, password="another"), ca_file=str(own.file)) as mailer:
            with pytest.raises(Unavailable, match="refuses the user or the password") as refusal:
                await mailer.send(MAIL)

        assert "another" not in refusal.value.detail
        assert USER not in refusal.value.detail


async def test_one_connection_carries_mail_after_mail(box: Mailbox, mailer: Mailer) -> None:
    for number in range(5):
        await mailer.send(replace(MAIL, key=str(number)))

    assert (len(box.arrived), box.connections) == (5, 1)


async def test_there_are_no_more_connections_than_allowed(box: Mailbox) -> None:
    async with sending(server_of(box), connections=2) as mailer:
        await asyncio.gather(*(mailer.send(replace(MAIL, key=str(number))) for number in range(20)))

    assert len(box.arrived) == 20
    assert box.connections <= 2


async def test_a_connection_that_the_server_closed_is_made_again(box: Mailbox, mailer: Mailer) -> None:
    """Servers do so at any time. The mail goes at once, over another."""
    await mailer.send(MAIL)
    box.hang_up()
    await mailer.send(replace(MAIL, key="next"))

    assert (len(box.arrived), box.connections) == (2, 2)


async def test_a_connection_is_given_up_after_its_share_of_mails(box: Mailbox, mailer: Mailer) -> None:
    for number in range(connections.MAILS + 1):
        await mailer.send(replace(MAIL, key=str(number)))

    assert box.connections == 2


@pytest.mark.parametrize("command", ["RCPT", "DATA"])
async def test_a_refusal_for_good_is_no_matter_for_another_try(box: Mailbox, mailer: Mailer, command: str) -> None:
    """Its codes are told and its words are not, for they may hold an address. The connection is good for the next."""
    box.replies[command] = f"550 5.1.1 <{MAIL.to}> unknown"
    with pytest.raises(MailRefused, match=r"550 5\.1\.1\Z") as refusal:
        await mailer.send(MAIL)
    box.replies.clear()
    await mailer.send(MAIL)

    assert refusal.value.is_final
    assert MAIL.to not in refusal.value.detail
    assert (len(box.arrived), box.connections) == (1, 1)


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
async def test_a_refusal_for_now_may_be_tried_again(box: Mailbox, mailer: Mailer, command: str) -> None:
    box.replies[command] = "451 4.7.1 later"
    with pytest.raises(Unavailable, match=r"451 4\.7\.1") as refusal:
        await mailer.send(MAIL)
    box.replies.clear()
    await mailer.send(MAIL)

    assert not refusal.value.is_final
    assert len(box.arrived) == 1


@pytest.mark.parametrize("reply", ["550 5.7.1 not yours", "530 5.7.0 who are you"])
async def test_a_sender_who_may_not_send_is_no_fault_of_the_mail(box: Mailbox, mailer: Mailer, reply: str) -> None:
    """Else every mail of a shop whose password has changed would be a dead letter."""
    box.replies["MAIL"] = reply

    with pytest.raises(Unavailable):
        await mailer.send(MAIL)


async def test_a_mail_that_is_too_big_is_refused_for_good(box: Mailbox, mailer: Mailer) -> None:
    box.replies["MAIL"] = "552 5.3.4 too big"

    with pytest.raises(MailRefused):
        await mailer.send(MAIL)


async def test_a_server_that_says_nothing_is_not_waited_for(box: Mailbox) -> None:
    """Longer than was agreed, or than the caller has."""
    box.hanging = asyncio.Event()
    async with sending(server_of(box), seconds=0.2) as mailer:
        began = time.monotonic()
        with pytest.raises(Unavailable, match="in time"):
            await SystemClock().within(3.5, mailer.send(MAIL))
        with pytest.raises(Unavailable, match="too little time"):
            await SystemClock().within(0.1, mailer.send(MAIL))

    assert time.monotonic() - began < 60


async def test_what_becomes_of_the_content_is_waited_for(box: Mailbox, mailer: Mailer) -> None:
    """Longer than for anything before it: a server that checks what it takes needs its time."""
    async with sending(server_of(box), seconds=3.0) as patient:
        await patient.send(replace(MAIL, key="the connection is made"))
        box.hanging = asyncio.Event()
        asyncio.get_running_loop().call_later(3.5, box.hanging.set)
        await patient.send(MAIL)

    assert len(box.arrived) == 2


async def test_a_mail_that_had_no_turn_was_not_tried(box: Mailbox) -> None:
    """The one connection is with another mail all the while: nobody was asked, and the server is well."""
    box.hanging = asyncio.Event()
    async with sending(server_of(box), connections=1, seconds=0.5) as mailer:
        first = asyncio.ensure_future(mailer.send(MAIL))
        await box.asked(1)
        for number in range(5):
            with pytest.raises(NobodyAsked, match="in use"):
                await mailer.send(replace(MAIL, key=str(number)))
        assert not mailer.is_down()
        box.hanging.set()
        await first

    assert len(box.arrived) == 1


async def test_a_missing_file_of_certificates_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="SMTP_CA_FILE"):
        async with sending(ca_file=str(tmp_path / "none.pem")):
            pass


async def test_a_mailer_may_be_used_from_several_event_loops(box: Mailbox) -> None:
    """A connection belongs to the loop that it was made in."""
    async with sending(server_of(box)) as mailer:
        await mailer.send(MAIL)
        await asyncio.to_thread(lambda: asyncio.run(mailer.send(replace(MAIL, key="elsewhere"))))
        await mailer.send(replace(MAIL, key="here again"))

    assert (len(box.arrived), box.connections) == (3, 2)
