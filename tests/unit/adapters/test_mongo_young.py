"""What was added a moment ago is remembered, once and for a moment."""

from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.young import Young


class Watch:
    """A monotonic clock that a test turns."""

    seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def one(name: str) -> Document:
    return {"_id": name}


def test_it_is_given_out_once() -> None:
    """Whoever has it changes it; what is there then is to be looked for."""
    young = Young(Watch())
    young.keep(one("mine"))

    assert young.take("mine") == one("mine")
    assert young.take("mine") is None
    assert young.take("unknown") is None


def test_it_does_not_stay_young() -> None:
    """So that what somebody mends by hand, and whose version stays what it was, is not undone."""
    watch = Watch()
    young = Young(watch)
    young.keep(one("mine"))
    watch.seconds += 10.0

    assert young.take("mine") is None


def test_the_oldest_make_way() -> None:
    """However many are added and never changed, such as orders that nobody pays."""
    young = Young(Watch())
    for number in range(1_001):
        young.keep(one(str(number)))

    assert young.take("0") is None
    assert young.take("1") == one("1")
