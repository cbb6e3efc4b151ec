"""Passwords by argon2id (RFC 9106), in threads of their own, so many at once and no more."""

import asyncio
import os
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeVar

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError

from shopcore.identity.errors import PasswordsBusy

T = TypeVar("T")

_WAITING = 64  # at OWASP's cost some two seconds of work for one thread; nobody waits longer than that to be refused
_RETRY_AFTER = 2.0
_NICENESS = 19  # the least weight there is: a burst of sign-ins must not slow down the pages


class Cost(NamedTuple):
    """What one hash takes: memory in KiB, passes over it, threads."""

    memory: int
    passes: int
    threads: int

    def hasher(self) -> PasswordHasher:
        """One that hashes at this cost."""
        return PasswordHasher(time_cost=self.passes, memory_cost=self.memory, parallelism=self.threads)


class Argon2Passwords:
    """`memory_cost` is in KiB. Half of the processors hash, the others go on serving.

    `earlier` are costs that some hashes still have. Whatever is asked takes the sum of them all and of today's, whether
    there is a hash, and of whichever cost it is: else who has not signed in since a change could be told from nobody.
    A cost that was not named is known from the first hash of it on.
    """

    def __init__(
        self,
        *,
        memory_cost: int,
        time_cost: int,
        parallelism: int,
        earlier: Iterable[Cost] = (),
        waiting: int = _WAITING,
        threads: int | None = None,
    ) -> None:
        self._today = Cost(memory_cost, time_cost, parallelism)
        self._hasher = self._today.hasher()
        self._hashers = {cost: cost.hasher() for cost in (*earlier, self._today)}
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
        self._spend(password, self._today)
        return self._hasher.hash(_bytes(password))

    def _verify(self, hashed: str | None, password: str) -> bool:
        cost = _cost_of(hashed)
        if hashed is None or cost is None:
            self._spend(password, None)
            return False
        if cost not in self._hashers:
            self._hashers = {**self._hashers, cost: cost.hasher()}  # another: a thread may be walking over this one
        self._spend(password, cost)
        try:
            return self._hasher.verify(hashed, _bytes(password))
        except VerificationError:
            return False

    def _spend(self, password: str, but: Cost | None) -> None:
        """What hashing takes at all costs that there are, but one."""
        for cost, hasher in self._hashers.items():
            if cost != but:
                hasher.hash(_bytes(password))

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


def _cost_of(hashed: str | None) -> Cost | None:
    """The cost that a hash has; None for what is none."""
    try:
        found = extract_parameters(hashed or "")
    except InvalidHashError:
        return None
    return Cost(found.memory_cost, found.time_cost, found.parallelism)


def _bytes(password: str) -> bytes:
    return password.encode(errors="surrogatepass")


def _step_back() -> None:
    """On Linux each thread has a priority of its own; elsewhere it would be the whole process's, so it stays."""
    if hasattr(os, "setpriority") and os.uname().sysname == "Linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
