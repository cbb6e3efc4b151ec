"""The log has a line for what fails, and not one for each of thousands."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from shopcore.adapters.local.failure_log import FailureLog
from shopcore.jobs.model import Job
from shopcore.kernel.ids import JobId
from shopcore.kernel.stores import StoreBusy, StoreUnreachable
from shopcore.testing.contracts.samples import NOON


class Watch:
    """A monotonic clock that a test turns."""

    seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def a_job(name: str, kind: str = "pass_events_on", attempts: int = 1) -> Job:
    return Job(id=JobId(name), kind=kind, payload={}, run_at=NOON, created_at=NOON, attempts=attempts)


def told(lines: list[Any]) -> list[tuple[str, str, int]]:
    return [(line["job"], line["error"], line["passed_over"]) for line in lines]


def test_of_many_that_fail_for_one_reason_one_a_minute_is_told_of() -> None:
    """And how many were passed over; another kind, or another reason, is another matter."""
    watch = Watch()
    log = FailureLog(watch)
    with capture_logs() as lines:
        for number in range(1_000):
            log(a_job(f"event {number}"), StoreUnreachable())
        log(a_job("mail", kind="send_order_confirmation"), StoreUnreachable())
        log(a_job("busy"), StoreBusy())
        watch.seconds += 60.0
        log(a_job("later"), StoreUnreachable())

    busy, unreachable = StoreBusy.code, StoreUnreachable.code
    assert told(lines) == [
        ("event 0", unreachable, 0),
        ("mail", unreachable, 0),
        ("busy", busy, 0),
        ("later", unreachable, 999),
    ]


def test_a_job_that_is_given_up_is_always_told_of() -> None:
    """Somebody has to look at it."""
    log = FailureLog(Watch())
    with capture_logs() as lines:
        log(a_job("first"), StoreUnreachable())
        log(a_job("last"), StoreUnreachable())
        log(a_job("dead", attempts=12), StoreUnreachable())

    assert told(lines) == [("first", StoreUnreachable.code, 0), ("dead", StoreUnreachable.code, 1)]


def fail(text: str) -> None:
    raise ValueError(text)


@pytest.mark.parametrize("times", [1, 3])
def test_what_nobody_expected_is_told_of_each_time_with_its_place(times: int) -> None:
    """And without its text, which may hold anything."""
    log, mailbox = FailureLog(Watch()), f"ann{chr(64)}example.com"
    with capture_logs() as lines:
        for _ in range(times):
            try:
                fail(mailbox)
            except ValueError as error:
                log(a_job("bug"), error)

    assert [line["error"] for line in lines] == ["ValueError"] * times
    assert all("test_failure_log" in line["trace"] for line in lines)
    assert mailbox not in str(lines)
