"""Times as stores keep them: whole microseconds since the epoch, exact, and sorted as integers are."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_micros(instant: datetime) -> int:
    """An aware instant as a store keeps it."""
    since = instant - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def from_micros(micros: int) -> datetime:
    """The instant that a store kept, in UTC."""
    return _EPOCH + timedelta(microseconds=micros)
