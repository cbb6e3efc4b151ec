"""Mail, over SMTP, to a real server."""

import asyncio
import email
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from email import policy
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.http.conftest import log_lines
from tests.mailboxes import PASSWORD, USER, Certificate, Mailbox, certificate, mailbox

from shopcore.adapters.local.chance import LocalChance
from shopcore.adapters.local.clock import SystemClock
from shopcore.adapters.smtp import connections
from shopcore.adapters.smtp.mailer import SmtpMailer, opened
from shopcore.adapters.smtp.server import SmtpServer
from shopcore.jobs.model import lease, queued
from shopcore.jobs.steps.do_jobs import DoJobs
from shopcore.kernel.errors import Unavailable
from shopcore.kernel.ids import JobId
from shopcore.kernel.jobs import NewJob
from shopcore.notifications.errors import MailRefused, NobodyAsked, Undeliverable
from shopcore.notifications.ports import Mailer
from shopcore.testing.clock import ManualClock
from shopcore.testing.contracts.mailer import MAIL, MailerContract

pytestmark = pytest.mark.anyio

replace = msgspec.structs.replace


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


async def test_the_next_server_takes_over_from_one_that_is_down() -> None:
    """After three failures the first is not even asked; once it is back and has rested, it is the first again."""
    clock = [0.0]
    async with mailbox() as first, mailbox() as second:
        async with sending(server_of(first), server_of(second), now=lambda: clock[0]) as mailer:
            await first.stop()
            for number in range(4):
                await mailer.send(replace(MAIL, key=f"down {number}"))
            await first.start()
            await mailer.send(replace(MAIL, key="resting"))
            clock[0] += 20.0
            await mailer.send(replace(MAIL, key="back"))

        assert (len(first.arrived), len(second.arrived)) == (1, 5)


async def test_a_refusal_for_good_is_not_taken_to_another_server() -> None:
    async with mailbox(replies={"RCPT": "550 5.1.1 no"}) as first, mailbox() as second:
        async with sending(server_of(first), server_of(second)) as mailer:
            with pytest.raises(MailRefused):
                await mailer.send(MAIL)

        assert not second.arrived


async def test_a_lost_answer_is_not_taken_to_another_server() -> None:
    """The first may have the mail. It is asked again, later; whoever gets two sees that they are one."""
    async with mailbox(losing_answers=1) as first, mailbox() as second:
        async with sending(server_of(first), server_of(second)) as mailer:
            with (
                log_lines() as lines,
                pytest.raises(Unavailable, match="may have the mail or not"),
            ):
                await mailer.send(MAIL)
            await mailer.send(MAIL)

        assert not second.arrived
        assert len(first.arrived) == 2
        assert [line["event"] for line in lines] == ["mail_unconfirmed"]
        assert len({_headers(content)["Message-ID"] for content in first.contents}) == 1


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


async def test_without_any_server_the_mail_waits(box: Mailbox, mailer: Mailer) -> None:
    await box.stop()

    with pytest.raises(Unavailable, match="cannot be reached") as refusal:
        await mailer.send(MAIL)
    assert refusal.value.retry_after


async def test_servers_that_are_known_to_be_down_are_not_asked() -> None:
    """A mail meets that, and nobody, until it is time to look; the first one then finds out, one way or the other."""
    clock = [0.0]
    async with mailbox() as first, mailbox() as second:
        async with sending(server_of(first), server_of(second), now=lambda: clock[0]) as mailer:
            await first.stop()
            await second.stop()
            for _ in range(3):
                assert not mailer.is_down()
                with pytest.raises(Unavailable) as refusal:
                    await mailer.send(MAIL)
                assert not refusal.value.is_untried
            assert mailer.is_down()
            with pytest.raises(NobodyAsked) as refusal:
                await mailer.send(MAIL)
            assert refusal.value.is_untried
            await second.start()
            assert mailer.is_down()

            clock[0] += 20.0
            assert not mailer.is_down()
            await mailer.send(MAIL)
            assert not mailer.is_down()

        assert (len(first.arrived), len(second.arrived)) == (0, 1)


async def test_mails_that_nobody_was_asked_about_come_again_by_their_age(box: Mailbox, mailer: Mailer) -> None:
    """And not all of them in the moment at which a server that is down is looked at."""
    await box.stop()
    for _ in range(3):
        with pytest.raises(Unavailable):
            await mailer.send(MAIL)
    with pytest.raises(NobodyAsked) as refusal:
        await mailer.send(MAIL)
    clock = ManualClock()
    doing = DoJobs(handlers={}, clock=clock, chance=LocalChance(), report=lambda _job, _error: None)
    waiting = queued(NewJob(kind="send_order_mail"), JobId("one"), clock.now() - timedelta(hours=1), "cause")
    job = lease(waiting, "worker", clock.now())

    after = doing.outcome(job, refusal.value)(job)

    assert clock.now() + timedelta(seconds=100) < after.run_at <= clock.now() + timedelta(minutes=5)


async def test_a_server_of_old_gets_the_domain_in_ascii() -> None:
    """RFC 5891; what stands before the @ has no such form."""
    async with mailbox(takes_utf8=False) as box:
        async with sending(server_of(box), sender="Shop <shop@exämple.org>") as mailer:
            await mailer.send(replace(MAIL, to="ada@bücher.example", sender="Shop <shop@exämple.org>"))
            with pytest.raises(MailRefused):
                await mailer.send(replace(MAIL, to="jürgen@example.org"))
            with pytest.raises(Undeliverable):
                await mailer.send(replace(MAIL, to="ada@-ü-.example"))

        ((sender, to, content),) = box.arrived
        assert (sender, to) == ("shop@xn--exmple-cua.org", ["ada@xn--bcher-kva.example"])
        assert content.isascii()
        assert box.greetings[0] == "xn--exmple-cua.org"


async def test_an_address_that_a_server_cannot_carry_goes_through_the_next() -> None:
    """The one of old is not down, and its connection stays good: it gets what it can carry."""
    async with mailbox(takes_utf8=False) as first, mailbox() as second:
        async with sending(server_of(first), server_of(second)) as mailer:
            for number in range(4):
                await mailer.send(replace(MAIL, key=str(number), to="jürgen@example.org"))
            await mailer.send(MAIL)

        assert [to for _, (to,), _ in second.arrived] == ["jürgen@example.org"] * 4
        assert [to for _, (to,), _ in first.arrived] == [MAIL.to]
        assert first.connections == 1


async def test_an_address_waits_for_a_server_that_may_carry_it() -> None:
    """While one of them is down it is not known that none does; once both are there and neither does, it is."""
    clock = [0.0]
    async with mailbox(takes_utf8=False) as first, mailbox(takes_utf8=False) as second:
        async with sending(server_of(first), server_of(second), now=lambda: clock[0]) as mailer:
            await second.stop()
            for _ in range(4):
                with pytest.raises(Unavailable):
                    await mailer.send(replace(MAIL, to="jürgen@example.org"))
            await second.start()
            clock[0] += 20.0
            with pytest.raises(MailRefused, match="beyond ASCII") as refusal:
                await mailer.send(replace(MAIL, to="jürgen@example.org"))

        assert refusal.value.is_final
        assert not first.arrived + second.arrived


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


def _headers(content: bytes) -> Any:
    return email.message_from_bytes(content, policy=policy.default)
