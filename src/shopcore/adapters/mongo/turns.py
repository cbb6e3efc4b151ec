"""Whose turn it is to write one document: within a process writers queue up instead of colliding.

MongoDB lets the first of two transactions win and refuses the other, which is right and slow: of a hundred writers of
one cart ninety-nine start again, and again. A turn is no part of what makes a write safe. It only saves the collision.
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import TypeAlias

Key: TypeAlias = tuple[str, str]
"""A collection and an id."""


class Turns:
    """One queue for each document that somebody is writing; forgotten when nobody does."""

    def __init__(self) -> None:
        self._queues: dict[Key, deque[asyncio.Future[None]]] = {}

    def take_free(self, key: Key) -> bool:
        """Take the turn if nobody has it."""
        if key in self._queues:
            return False
        self._queues[key] = deque()
        return True

    async def take(self, key: Key) -> None:
        """Wait for the turn, first come, first served."""
        if self.take_free(key):
            return
        turn = asyncio.get_running_loop().create_future()
        self._queues[key].append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            # One that was cancelled in the queue is passed over there; one that came just now is passed on.
            if not turn.cancelled():
                self.give_back([key])
            raise

    def give_back(self, keys: Iterable[Key]) -> None:
        """Let the next ones have these turns."""
        for key in keys:
            queue = self._queues[key]
            while queue and queue[0].done():
                del queue[0]
            if queue:
                queue.popleft().set_result(None)
            else:
                del self._queues[key]
