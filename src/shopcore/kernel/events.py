"""What happened, said in the past tense by features and heard by processes.

An event is published in the transaction that made it true, and turned there into the jobs that are bound to it.
"""

from datetime import datetime
from typing import Protocol

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """The root of every feature's events. Carries ids and figures, never personal values."""

    at: datetime


class Events(Protocol):
    """Where use cases say what happened."""

    async def publish(self, *events: Event) -> None:
        """Write the jobs that are bound to these events, in the transaction in progress.

        - MUST be called inside a unit of work; if that is undone, nothing was published.
        - An event without a listener is no error.
        """
        ...
