"""Several mail servers: who takes over, who waits, and addresses that not every server carries."""

from datetime import timedelta

import msgspec
import pytest
from tests.contracts.mail_servers import box, headers_of, mailer, sending, server_of
from tests.http.conftest import log_lines
from tests.mailboxes import Mailbox, mailbox

from shopcore.adapters.local.chance import LocalChance
from shopcore.jobs.model import lease, queued
from shopcore.jobs.steps.do_jobs import DoJobs
from shopcore.kernel.errors import Unavailable
from shopcore.kernel.ids import JobId
from shopcore.kernel.jobs import NewJob
from shopcore.notifications.errors import MailRefused, NobodyAsked, Undeliverable
from shopcore.notifications.ports import Mailer
from shopcore.testing.clock import ManualClock
from shopcore.testing.contracts.mailer import MAIL

__all__ = ["box", "mailer"]

pytestmark = pytest.mark.anyio

replace = msgspec.structs.replace


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
        assert len({headers_of(content)["Message-ID"] for content in first.contents}) == 1


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
