"""What privacy needs from a store: everything that the shop's keys were used for."""

from collections.abc import Callable, Sequence
from typing import Protocol

from shopcore.privacy.model import HeldKeys, Place, Tally


class Vault(Protocol):
    """A store from the inside, while it is used: its sealed values, its blind indexes, and which keys they need."""

    async def held(self) -> HeldKeys:
        """What was noted last; empty for a store that nobody has opened with keys."""
        ...

    async def note(self, change: Callable[[HeldKeys], HeldKeys]) -> HeldKeys:
        """Replace the note by what `change` makes of it, atomically; answers the new one. Raises what `change` raises.

        Once it has answered, no account may be added, and no address changed, by whoever lacks a key of its `index`,
        also in a transaction that began before: that raises `Unavailable`.
        """
        ...

    async def is_new(self) -> bool:
        """Whether there is neither an account nor an order."""
        ...

    async def renew(self, place: Place, after: str, limit: int) -> Sequence[str]:
        """Take at most so many rows behind that key to the first keys, in the order of their keys.

        Answers the rows' keys, none when there was none left. Values are sealed with the first key; accounts found
        by every key of the indexes that are held, and by no other; all else by the first one.

        - MUST NOT change what any port tells, nor undo what somebody writes at the same time.
        - MUST NOT leave a row behind that was there when it was asked, whoever else writes it.
        - A use of a coupon whose buyer was forgotten is found by no key any more, once there are two.
        """
        ...

    async def tally(self, place: Place, after: str, limit: int) -> Tally:
        """Count what rows behind that key need. Looks at each value itself, whatever is noted."""
        ...
