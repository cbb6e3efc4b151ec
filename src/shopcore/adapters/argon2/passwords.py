"""Passwords by argon2id (RFC 9106), in threads of their own, so many at once and no more."""

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from shopcore.identity.errors import PasswordsBusy

T = TypeVar("T")

_WAITING = 64  # at OWASP's cost some two seconds of work for one thread; nobody waits longer than that to be refused
_RETRY_AFTER = 2.0
_NICENESS = 19  # the least weight there is: a burst of sign-ins must not slow down the pages


class Argon2Passwords:
    """`memory_cost` is in KiB. Half of the processors hash, the others go on serving."""

    def __init__(
        self, *, memory_cost: int, time_cost: int, parallelism: int, waiting: int = _WAITING, threads: int | None = None
    ) -> None:
        self._hasher = PasswordHasher(time_cost=time_cost, memory_cost=memory_cost, parallelism=parallelism)
        at_once = threads or max((os.cpu_count() or 2) // 2, 1)
        self._pool = ThreadPoolExecutor(at_once, "argon2", initializer=_step_back)
        self._free = waiting + at_once

    async def hash(self, password: str) -> str:
        """See the port."""
        return await self._compute(self._hash, password)

    async def verify(self, hashed: str | None, password: str) -> bool:
        """See the port."""
        return await self._compute(self._verify, hashed, password)

    def is_current(self, hashed: str) -> bool:
        """See the port."""
        return not self._hasher.check_needs_rehash(hashed)

    def _hash(self, password: str) -> str:
        return self._hasher.hash(_bytes(password))

    def _verify(self, hashed: str | None, password: str) -> bool:
        if hashed is None:
            self._hash(password)
            return False
        try:
            return self._hasher.verify(hashed, _bytes(password))
        except (VerificationError, InvalidHashError):
            return False

    async def _compute(self, work: Callable[..., T], *arguments: object) -> T:
        """The count is only touched in the event loop. A caller that goes away leaves its work behind, counted."""
        if self._free <= 0:
            raise PasswordsBusy(_RETRY_AFTER)
        self._free -= 1
        computing = asyncio.get_running_loop().run_in_executor(self._pool, work, *arguments)
        computing.add_done_callback(self._let_another_in)
        return await asyncio.shield(computing)

    def _let_another_in(self, _done: object) -> None:
        self._free += 1


def _bytes(password: str) -> bytes:
    return password.encode(errors="surrogatepass")


def _step_back() -> None:
    """On Linux each thread has a priority of its own; elsewhere it would be the whole process's, so it stays."""
    if hasattr(os, "setpriority") and os.uname().sysname == "Linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
