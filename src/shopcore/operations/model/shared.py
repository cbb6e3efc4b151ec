"""How a process stands to the others of its shop."""

import msgspec


class SharedState(msgspec.Struct, frozen=True, kw_only=True):
    """How a process stands to what the processes of the shop share, and how often it had to do without.

    `problem` is empty while all is well. The counts are since the process began.
    """

    problem: str
    is_up: bool
    signals_heard: bool
    signals_lost: int
    limits_fallen_back: int
    revisions_held: int
    revisions_asked: int
