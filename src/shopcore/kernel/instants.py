"""Times as stores keep them: whole microseconds since the epoch, exact, and sorted as integers are."""

from datetime import UTC, datetime, timedelta

from shopcore.kernel.errors import InvalidInput

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_AFTER_ALL = datetime(9999, 1, 1, tzinfo=UTC)


def to_micros(instant: datetime) -> int:
    """An aware instant as a store keeps it."""
    since = instant - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def from_micros(micros: int) -> datetime:
    """The instant that a store kept, in UTC."""
    return _EPOCH + timedelta(microseconds=micros)


def require_countable(**moments: datetime | None) -> None:
    """Raise `InvalidInput` naming a moment outside the years 1970 to 9998, for whoever counts on or back from it.

    `datetime` ends at the years 1 and 9999, and counting beyond is no answer. None is a moment that was not said.
    """
    for field, at in moments.items():
        if at is not None and not _EPOCH <= at < _AFTER_ALL:
            raise InvalidInput.of(field, "out_of_range", "must be in the years 1970 to 9998")
