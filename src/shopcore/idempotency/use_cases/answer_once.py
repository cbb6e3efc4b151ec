"""Answer a request under an idempotency key: the effect and the reply once, the reply as often as it is asked for."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeAlias

from shopcore.idempotency.errors import KeyReused, RequestInProgress
from shopcore.idempotency.model import LEASE, Answer, Claim, fingerprint, owner_of, scope, take_over
from shopcore.idempotency.ports import Claims
from shopcore.kernel.actor import Actor
from shopcore.kernel.clock import Clock
from shopcore.kernel.correlation import correlation_id
from shopcore.kernel.errors import Conflict, Forbidden, NotFound, Rejected, ShopError
from shopcore.kernel.ids import Ids
from shopcore.kernel.unit_of_work import UnitOfWork

Run: TypeAlias = Callable[[], Coroutine[Any, Any, bytes]]
Render: TypeAlias = Callable[[ShopError], bytes]

_KEPT = (Conflict, Rejected, NotFound, Forbidden)  # the others speak of the moment, not of the request


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerOnce:
    """Runs an act whose whole effect is one transaction, and keeps its reply in that same transaction.

    With `in_steps` the act calls another system on its way and is safe to run again, so it runs outside: the key is
    claimed first and answered last.
    """

    claims: Claims
    unit_of_work: UnitOfWork
    ids: Ids
    clock: Clock

    async def __call__(
        self, actor: Actor, *, act: str, key: str, body: bytes, run: Run, refused: Render, in_steps: bool = False
    ) -> Answer:
        """Anybody may, for their own keys. `run` gives the encoded reply, `refused` that of a refusal.

        Raises `KeyReused`, `RequestInProgress`, `InvalidInput` for a guessable key of somebody unknown, and whatever
        `run` raises that is no answer to keep.
        """
        now = self.clock.now()
        wanted = Claim(
            key=scope(owner_of(actor, key), act, key),
            fingerprint=fingerprint(body),
            claimed_at=now,
            leased_until=now + LEASE,
            owner=self.ids.new(),
            correlation_id=correlation_id.get(),
        )
        try:
            return await (self._in_steps(wanted, run) if in_steps else self._at_once(wanted, run))
        except ShopError as error:
            if isinstance(error, KeyReused | RequestInProgress) or not isinstance(error, _KEPT):
                raise
            encoded = refused(error)
            return await self.unit_of_work(lambda: self._keep(wanted, encoded))

    async def _at_once(self, wanted: Claim, run: Run) -> Answer:
        async def work() -> Answer:
            claim = await self._claim(wanted)
            if claim.outcome is not None:
                return Answer(body=claim.outcome, replayed=True)
            return await self._finish(claim, await run())

        return await self.unit_of_work(work)

    async def _in_steps(self, wanted: Claim, run: Run) -> Answer:
        claim = await self.unit_of_work(lambda: self._claim(wanted))
        if claim.outcome is not None:
            return Answer(body=claim.outcome, replayed=True)
        encoded = await run()
        return await self.unit_of_work(lambda: self._finish(claim, encoded))

    async def _keep(self, wanted: Claim, encoded: bytes) -> Answer:
        claim = await self._claim(wanted)
        if claim.outcome is not None:
            return Answer(body=claim.outcome, replayed=True)
        return await self._finish(claim, encoded)

    async def _claim(self, wanted: Claim) -> Claim:
        now = self.clock.now()
        return await self.claims.claim(
            wanted, lambda there: there if there.owner == wanted.owner else take_over(there, wanted, now)
        )

    async def _finish(self, claim: Claim, encoded: bytes) -> Answer:
        await self.claims.finish(claim.key, claim.owner, encoded)
        return Answer(body=encoded, replayed=False)
