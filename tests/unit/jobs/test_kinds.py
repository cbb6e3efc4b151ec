"""Each kind of job has one handler, and each schedule a kind of its own."""

from collections import Counter
from collections.abc import Mapping

import pytest

from shopcore.container.jobs import SCHEDULES, each_once


async def _nothing(_payload: Mapping[str, str]) -> None:
    """Does nothing."""


def test_two_handlers_of_one_name_are_refused() -> None:
    """When a shop is opened: one of the two would never be called."""
    with pytest.raises(ValueError, match="two kinds of jobs are called forget"):
        each_once({"forget": _nothing}, {"other": _nothing, "forget": _nothing})


def test_no_two_schedules_have_one_kind() -> None:
    """A tick fires once for each kind, whoever else has that name."""
    assert [kind for kind, times in Counter(each.kind for each in SCHEDULES).items() if times > 1] == []
