"""The double lists as many objects as there may be: it looks at those of the page, not at all."""

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shopcore.testing.stripe_double.account import listed
from shopcore.testing.stripe_double.shelf import Shelf

THINGS = st.lists(st.tuples(st.integers(0, 5), st.sampled_from(("pi_1", "pi_2", None)), st.booleans()), max_size=20)
BOUNDS = st.dictionaries(st.sampled_from(("gt", "gte", "lt", "lte")), st.integers(0, 5).map(str), max_size=2)


class Counted(Shelf):
    """Counts what is looked at."""

    looked_at = 0

    def __getitem__(self, name: str) -> dict[str, Any]:
        """One more."""
        self.looked_at += 1
        return super().__getitem__(name)


@given(THINGS, BOUNDS, st.sampled_from((None, "pi_1", "pi_3")), st.integers(1, 4))
def test_page_by_page_all_is_listed_that_is_asked_for(
    things: list[tuple[int, str | None, bool]], bounds: dict[str, str], intent: str | None, limit: int
) -> None:
    """Newest first, of one second what was made last; what was taken away is not there."""
    shelf = Shelf()
    for number, (created, of, _) in enumerate(things):
        shelf[f"ch_{number}"] = {"id": f"ch_{number}", "created": created, "payment_intent": of}
    for number, (_, _, is_gone) in enumerate(things):
        if is_gone:
            del shelf[f"ch_{number}"]
    tests = {"gt": int.__gt__, "gte": int.__ge__, "lt": int.__lt__, "lte": int.__le__}
    numbered = sorted((created, number) for number, (created, _, is_gone) in enumerate(things) if not is_gone)
    wanted = [
        f"ch_{number}"
        for created, number in reversed(numbered)
        if all(tests[name](created, int(bound)) for name, bound in bounds.items())
        and intent in {None, things[number][1]}
    ]

    asked: dict[str, Any] = {"limit": str(limit), "created": bounds} | ({"payment_intent": intent} if intent else {})
    found: list[str] = []
    while True:
        page = listed(shelf, asked, "/v1/charges")
        found += [each["id"] for each in page["data"]]
        if not page["has_more"]:
            break
        asked["starting_after"] = found[-1]
    assert found == wanted


def test_a_page_costs_what_is_on_it() -> None:
    """Wherever in ten thousand it is, by the time or by the payment."""
    shelf = Counted()
    for number in range(10_000):
        name = f"ch_{number}"
        shelf[name] = {"id": name, "created": number // 10, "payment_intent": f"pi_{number // 3}"}
    asked: dict[str, dict[str, Any]] = {
        "time": {"created": {"gte": "400", "lt": "500"}, "starting_after": "ch_4990"},
        "payment": {"payment_intent": "pi_77"},
    }
    looked: Counter[str] = Counter()
    for name, terms in asked.items():
        shelf.looked_at = 0
        assert listed(shelf, {"limit": "100", **terms}, "/v1/charges")["data"]
        looked[name] = shelf.looked_at

    assert looked["time"] <= 500
    assert looked["payment"] <= 20
