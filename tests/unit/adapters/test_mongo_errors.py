"""What the driver reports, in words that say what to do."""

from typing import Any

import pytest
from pymongo import helpers_shared
from pymongo.errors import (
    BulkWriteError,
    NetworkTimeout,
    OperationFailure,
    ServerSelectionTimeoutError,
    WriteConcernError,
    WTimeoutError,
)

from shopcore.adapters.mongo.answers import admitting, asking
from shopcore.adapters.mongo.errors import LOST, translated
from shopcore.kernel.stores import StoreBusy, StoreUndecided, StoreUnreachable, StoreUnusable


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        (13, "names none; grant one the role readWrite on the database, and for shop migrate also dbAdmin"),
        (18, "refuses the user or the password of STORE_URL"),
        (20, "start it as a replica set"),
        (14031, "the disk of the store is full"),
    ],
)
def test_what_an_operator_can_mend_says_how(code: int, advice: str) -> None:
    """And shows nothing of what the server said, which may hold a value."""
    error = translated(OperationFailure("ada may not", code))

    assert isinstance(error, StoreUnusable)
    assert advice in error.detail
    assert "ada" not in error.detail


def test_every_code_that_the_driver_tries_again_is_known() -> None:
    """Its own list; what it takes up in a later release is missed here first."""
    assert set(helpers_shared._RETRYABLE_ERROR_CODES) <= LOST


@pytest.mark.parametrize("code", sorted({*LOST, 100, 133, 202}))
def test_a_server_that_gives_up_is_unreachable(code: int) -> None:
    """However it says so: it is none of the visitor's business, and over in a moment."""
    error = translated(OperationFailure("stepping down", code))

    assert isinstance(error, StoreUnreachable)
    assert error.retry_after


@pytest.mark.parametrize("code", sorted(LOST))
def test_what_no_majority_has_confirmed_may_be_there(code: int) -> None:
    """One statement, or some of many."""
    told = {"code": code, "errmsg": "stepping down"}
    several = BulkWriteError({"writeErrors": [], "writeConcernErrors": [told]})

    assert isinstance(translated(WriteConcernError("stepping down", code, told)), StoreUndecided)
    assert isinstance(translated(several), StoreUndecided)


@pytest.mark.parametrize("code", [24, 43, 50, 112, 175, 237, 290, 11601])
def test_what_was_interrupted_was_busy(code: int) -> None:
    assert isinstance(translated(OperationFailure("interrupted", code)), StoreBusy)


def test_labels_speak_for_codes_that_are_not_known() -> None:
    """As drivers are to read them; what has neither is a bug of ours."""
    labels = {"RetryableWriteError": StoreUnreachable, "SystemOverloadedError": StoreBusy}
    for label, meant in labels.items():
        assert isinstance(translated(OperationFailure("?", 99_999, {"errorLabels": [label]})), meant)
    bug = OperationFailure("unknown operator", 9)

    assert translated(bug) is bug
    assert isinstance(translated(WTimeoutError("a majority was slow", 64)), StoreBusy)


def test_who_was_answered_has_run_out_of_its_own_time() -> None:
    """A store that is silent from the first to the last is gone; nobody says so where no time was left to answer."""
    late = NetworkTimeout("timed out")
    with asking(0.0) as silent:
        assert isinstance(translated(late), StoreUnreachable)
        silent.hear(1, {})
        assert isinstance(translated(late), StoreBusy)
        assert isinstance(translated(ServerSelectionTimeoutError("no primary")), StoreUnreachable)
    with asking(3600.0):
        assert isinstance(translated(late), StoreBusy)

    assert isinstance(translated(late), StoreUnreachable)


Told = list[tuple[int, str, dict[str, Any] | None]]

NOTHING: dict[str, Told] = {
    "nothing sent": [],
    "only read": [(1, "find", None)],
    "a guard that found nothing": [(1, "update", {"n": 0}), (2, "findAndModify", {"lastErrorObject": {"n": 0}})],
    "a duplicate": [(1, "insert", {"n": 0, "writeErrors": [{"code": 11000}]})],
}
SOMETHING: dict[str, Told] = {
    "a write without an answer": [(1, "insert", None)],
    "one of two at once": [(1, "update", None), (2, "update", {"n": 0})],
    "one that was before": [(1, "update", {"n": 1}), (2, "find", None)],
    "what was found and changed": [(1, "findAndModify", {"lastErrorObject": {"n": 1}}), (2, "find", None)],
    "what no majority has confirmed": [(1, "delete", {"n": 0, "writeConcernError": {"code": 64}})],
}


@pytest.mark.parametrize("error", [StoreBusy, StoreUnreachable])
@pytest.mark.parametrize("told", [*NOTHING.values(), *SOMETHING.values()], ids=[*NOTHING, *SOMETHING])
def test_what_may_be_there_is_not_said_to_be_nothing(told: Told, error: type[StoreBusy | StoreUnreachable]) -> None:
    """Sent are all of them, and then answered those that are."""
    with asking(1.0) as asked:
        for number, command, _ in told:
            asked.send(number, command, {})
        for number, _, reply in told:
            if reply is not None:
                asked.hear(number, reply)
    with pytest.raises(StoreUndecided if told in SOMETHING.values() else error), admitting(asked):
        raise error


ONE: dict[str, dict[str, Any]] = {
    "findAndModify": {"query": {"_id": 1}},
    "insert": {"documents": [{"_id": 1}]},
    "update": {"updates": [{"q": {}, "u": {}, "multi": False}]},
    "delete": {"deletes": [{"q": {}, "limit": 1}]},
}
SEVERAL: dict[str, dict[str, Any]] = {
    "insert": {"documents": [{"_id": 1}, {"_id": 2}]},
    "update": {"updates": [{"q": {}, "u": {}, "multi": True}]},
    "delete": {"deletes": [{"q": {}, "limit": 0}]},
}


def told_of(name: str, command: dict[str, Any], failure: dict[str, Any]) -> bool:
    """Whether a statement that ended so may have written something."""
    with asking(1.0) as asked:
        asked.send(1, name, command)
        asked.be_refused(1, failure)
    return asked.may_have_written


@pytest.mark.parametrize("code", [24, 112, 10107, 11000, 13435])
def test_a_refusal_is_an_answer_where_it_is_of_one_document(code: int) -> None:
    """Of several, those before may have been written; one with a doubt about the majority was."""
    assert not any(told_of(name, command, {"ok": 0, "code": code}) for name, command in ONE.items())
    assert all(told_of(name, command, {"ok": 0, "code": code}) for name, command in SEVERAL.items())
    assert told_of("insert", ONE["insert"], {"ok": 0, "code": code, "writeConcernError": {"code": 64}})


@pytest.mark.parametrize("failure", [{"errmsg": "closed", "errtype": "AutoReconnect"}, {"ok": 0, "code": 11602}])
def test_what_was_lost_or_interrupted_is_no_refusal(failure: dict[str, Any]) -> None:
    assert all(told_of(name, command, failure) for name, command in ONE.items())


def test_a_refused_try_says_nothing_of_the_one_before() -> None:
    """Which was lost: the driver makes each by a number of its own."""
    with asking(1.0) as asked:
        asked.send(1, "insert", ONE["insert"])
        asked.be_refused(1, {"errmsg": "closed", "errtype": "AutoReconnect"})
        asked.send(2, "insert", ONE["insert"])
        asked.be_refused(2, {"ok": 0, "code": 10107})

    assert asked.may_have_written
