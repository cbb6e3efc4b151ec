"""The breaker: opens after failures in a row, lets one look per rest, closes when that one finds it."""

from hypothesis import given
from hypothesis import strategies as st

from shopcore.kernel.breaker import REST_SECONDS, THRESHOLD, Breaker


class Clock:
    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time


def test_failures_in_a_row_open_it_once() -> None:
    breaker = Breaker(Clock())
    opened = [breaker.failed() for _ in range(THRESHOLD + 2)]

    assert opened == [False] * (THRESHOLD - 1) + [True, False, False]
    assert breaker.is_open


def test_a_success_in_between_begins_the_count_anew() -> None:
    breaker = Breaker(Clock())
    for _ in range(10):
        for _ in range(THRESHOLD - 1):
            breaker.failed()
        assert not breaker.worked()

    assert not breaker.is_open


def test_what_is_certain_opens_it_at_once() -> None:
    """A replica says READONLY: there is nothing to wait for."""
    breaker = Breaker(Clock())

    assert breaker.failed(for_sure=True)
    assert breaker.is_open


def test_one_looks_per_rest() -> None:
    """Also when the one who looked never said what it found."""
    clock = Clock()
    breaker = Breaker(clock)
    breaker.failed(for_sure=True)
    looks = []
    for _ in range(40):
        looks.append([breaker.may_look() for _ in range(5)])
        clock.time += REST_SECONDS / 4

    assert sum(map(sum, looks)) == 9
    assert all(sum(at_once) <= 1 for at_once in looks)
    assert not any(looks[0])


def test_what_the_look_finds_decides() -> None:
    clock = Clock()
    breaker = Breaker(clock)
    breaker.failed(for_sure=True)
    clock.time += REST_SECONDS
    assert breaker.may_look()
    assert not breaker.failed()
    assert not breaker.may_look()
    clock.time += REST_SECONDS
    assert breaker.may_look()

    assert breaker.worked()
    assert not breaker.is_open


@given(st.lists(st.sampled_from(["failed", "sure", "worked", "look", "wait"])))
def test_it_is_open_exactly_after_too_many_failures(steps: list[str]) -> None:
    """Whatever else happens in between."""
    clock, failures = Clock(), 0
    breaker = Breaker(clock)
    for step in steps:
        match step:
            case "failed":
                failures += 1
                breaker.failed()
            case "sure":
                failures = THRESHOLD
                breaker.failed(for_sure=True)
            case "worked":
                failures = 0
                breaker.worked()
            case "look":
                breaker.may_look()
            case _:
                clock.time += REST_SECONDS

        assert breaker.is_open == (failures >= THRESHOLD)
