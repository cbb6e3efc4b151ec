"""The conditions of keyset paging, held against plain sorting."""

import operator
from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shopcore.adapters.mongo.paging import after, sliced

KEYS = ("-at", "id")
DOCUMENTS = st.lists(
    st.fixed_dictionaries({"at": st.integers(0, 3), "id": st.integers(0, 99)}), unique_by=lambda each: each["id"]
)
_COMPARISONS = {"$lt": operator.lt, "$lte": operator.le, "$gt": operator.gt, "$gte": operator.ge}


def matches(document: dict[str, Any], condition: dict[str, Any]) -> bool:
    """What the server makes of such a condition."""
    alternatives = condition.get("$or")
    if alternatives is not None and not any(matches(document, each) for each in alternatives):
        return False
    return all(_holds(document[name], asked) for name, asked in condition.items() if name != "$or")


def _holds(value: int, asked: Any) -> bool:
    if isinstance(asked, dict):
        ((comparison, other),) = asked.items()
        return bool(_COMPARISONS[comparison](value, other))
    return bool(value == asked)


@given(documents=DOCUMENTS, limit=st.integers(1, 5))
def test_pages_make_up_the_whole_list(documents: list[dict[str, int]], limit: int) -> None:
    """In its order, none twice and none missed."""
    whole = sorted(documents, key=lambda each: (-each["at"], each["id"]))
    seen: list[dict[str, int]] = []
    position: Sequence[Any] | None = ()
    while position is not None:
        condition = after(KEYS, tuple(position) or None)
        page = sliced([each for each in whole if matches(each, condition)][: limit + 1], KEYS, limit, lambda each: each)
        seen += page.items
        position = page.next_position

    assert seen == whole
