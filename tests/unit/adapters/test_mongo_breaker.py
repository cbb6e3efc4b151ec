"""The breaker keeps a dead store from holding everybody, and lets one look whether it is back."""

import pytest

from shopcore.adapters.mongo.breaker import REST_SECONDS, THRESHOLD, StoreBreaker
from shopcore.kernel.stores import StoreBusy, StoreUndecided, StoreUnreachable


class Watch:
    """A monotonic clock that a test turns."""

    seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def fail(breaker: StoreBreaker, times: int = 1, error: type[Exception] = StoreUnreachable) -> None:
    for _ in range(times):
        with pytest.raises(error), breaker.guarding():
            raise error


def succeed(breaker: StoreBreaker) -> None:
    with breaker.guarding():
        pass


def test_failures_in_a_row_open_it() -> None:
    """Then nobody is let through, and each hears when to come again."""
    breaker = StoreBreaker(Watch())
    fail(breaker, THRESHOLD - 1)
    assert not breaker.is_open
    fail(breaker)

    with pytest.raises(StoreUnreachable) as raised, breaker.guarding():
        pytest.fail("it is open")
    assert raised.value.retry_after == REST_SECONDS


def test_an_answer_in_between_keeps_it_closed() -> None:
    """A refusal is an answer too."""
    breaker = StoreBreaker(Watch())
    for _ in range(2):
        fail(breaker, THRESHOLD - 1)
        succeed(breaker)
        fail(breaker, THRESHOLD - 1)
        fail(breaker, error=LookupError)

    assert not breaker.is_open


@pytest.mark.parametrize("error", [StoreBusy, StoreUndecided])
def test_who_ran_out_of_time_shows_nothing(error: type[Exception]) -> None:
    """It opens nothing, and closes nothing: a commit that came too late says no more of the store than a long wait."""
    breaker = StoreBreaker(Watch())
    fail(breaker, THRESHOLD, error)
    assert not breaker.is_open
    fail(breaker, THRESHOLD - 1)
    fail(breaker, error=error)
    fail(breaker)

    assert breaker.is_open


def test_after_its_rest_one_looks_and_the_others_are_refused() -> None:
    """However many come meanwhile."""
    watch = Watch()
    breaker = StoreBreaker(watch)
    fail(breaker, THRESHOLD)
    watch.seconds += REST_SECONDS

    with breaker.guarding():
        for _ in range(20):
            with pytest.raises(StoreUnreachable), breaker.guarding():
                pytest.fail("one looks at a time")
    succeed(breaker)
    assert not breaker.is_open


def test_who_looks_in_vain_gives_it_another_rest() -> None:
    """And the next one looks after that."""
    watch = Watch()
    breaker = StoreBreaker(watch)
    fail(breaker, THRESHOLD)
    watch.seconds += REST_SECONDS
    fail(breaker)

    with pytest.raises(StoreUnreachable), breaker.guarding():
        pytest.fail("it rests again")
    watch.seconds += REST_SECONDS
    succeed(breaker)


def test_who_leaves_while_looking_lets_the_next_one_look() -> None:
    """A cancelled caller has found out nothing."""
    watch = Watch()
    breaker = StoreBreaker(watch)
    fail(breaker, THRESHOLD)
    watch.seconds += REST_SECONDS
    with pytest.raises(KeyboardInterrupt), breaker.guarding():
        raise KeyboardInterrupt

    assert breaker.is_open
    succeed(breaker)
    assert not breaker.is_open
