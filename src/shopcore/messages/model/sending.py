"""What the shop remembers of each message, so that it is sent once, and of what may have gone twice."""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

RETENTION = timedelta(days=30)
"""How long a message is remembered after it was sent: as long as the job that sends it."""


class SendingState(StrEnum):
    """Where a message stands. `open`: its content was about to go, and nobody has said yet how that ended.
    `discarded`: somebody gave the job up that was to send it.
    """

    OPEN = "open"
    WAITING = "waiting"
    SENT = "sent"
    REFUSED = "refused"
    WITHHELD = "withheld"
    DISCARDED = "discarded"


class Sending(msgspec.Struct, frozen=True, kw_only=True):
    """One message of a kind on one subject to one recipient, which `key` is made of.

    `repeats` counts the tries that began while nobody knew how the one before had ended: each may be a second copy.
    """

    key: str
    kind: str
    began_at: datetime
    at: datetime
    state: SendingState = SendingState.OPEN
    repeats: int = 0
    version: int = 1


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """How many messages of a kind stand so, and how many of their tries may have been second copies."""

    kind: str
    state: SendingState
    messages: int
    repeats: int


def is_over(sending: Sending) -> bool:
    """Whether there is nothing left to do about it."""
    return sending.state in {SendingState.SENT, SendingState.WITHHELD}


def begin(sending: Sending, at: datetime) -> Sending:
    """The content is about to go, unless it is over. Where the last try's end is unknown, this may be a second copy."""
    if is_over(sending):
        return sending
    unknown = sending.state is SendingState.OPEN
    return msgspec.structs.replace(
        sending,
        at=at,
        state=SendingState.OPEN,
        repeats=sending.repeats + unknown,
        version=sending.version + 1,
    )


def close(sending: Sending, state: SendingState, at: datetime) -> Sending:
    """How a try ended. One that was sent stays sent, whatever a slower try says."""
    if is_over(sending):
        return sending
    return msgspec.structs.replace(sending, at=at, state=state, version=sending.version + 1)
