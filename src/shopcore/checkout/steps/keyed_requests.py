"""One request under one idempotency key."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import msgspec

from shopcore.checkout.model import CheckedOut, Refused, Reply
from shopcore.idempotency.errors import KeyReused, RequestInProgress
from shopcore.idempotency.model import LEASE, Claim, take_over
from shopcore.idempotency.ports import Claims
from shopcore.kernel.clock import Clock
from shopcore.kernel.correlation import correlation_id
from shopcore.kernel.errors import Conflict, Forbidden, NotFound, Rejected, ShopError
from shopcore.kernel.ids import Ids
from shopcore.kernel.stores import StoreBusy, StoreUnreachable
from shopcore.kernel.unit_of_work import UnitOfWork

_OUTCOME: msgspec.json.Decoder[CheckedOut | Refused] = msgspec.json.Decoder(CheckedOut | Refused)
_ENCODER = msgspec.json.Encoder()
_STORABLE = (Conflict, Rejected, NotFound, Forbidden)
"""Refusals that are the answer to the request; the others speak of the moment and are not kept."""

Answering: TypeAlias = Callable[[Claim], Awaitable[Reply]]


class Unclaimed(Exception):
    """Nothing was claimed or written. `otherwise` is the answer, unless the key turns out to be known."""

    def __init__(self, otherwise: ShopError) -> None:
        super().__init__(otherwise)
        self.otherwise = otherwise


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyedRequests:
    """One request under one idempotency key: claimed, resumed after a crash, answered once."""

    claims: Claims
    unit_of_work: UnitOfWork
    ids: Ids
    clock: Clock

    def wanted(self, scope: str, fingerprint: str, ids: Mapping[str, str]) -> Claim:
        """The claim that this request would like to make."""
        now = self.clock.now()
        return Claim(
            key=scope,
            fingerprint=fingerprint,
            claimed_at=now,
            leased_until=now + LEASE,
            owner=self.ids.new(),
            correlation_id=correlation_id.get(),
            ids=dict(ids),
        )

    async def answer(self, wanted: Claim, new: Answering, resumed: Answering) -> Reply:
        """The answer of a request whose key is new as a rule, which claiming it finds out: `new` claims it by
        `claim_first`, or raises `Unclaimed`. `resumed` goes on where a request that died has placed something.

        Raises `KeyReused`, `RequestInProgress`, and what speaks only of the moment.
        """
        try:
            return await new(wanted)
        except Unclaimed as unclaimed:
            if isinstance(unclaimed.otherwise, StoreBusy | StoreUnreachable):
                raise unclaimed.otherwise from None  # nor would it say in time whether the key is known
            claim = await self.known(wanted)
            if claim is None:
                return await self.refuse(wanted, unclaimed.otherwise)
        if claim.outcome is not None:
            return self.replay(claim)
        if claim.point != "claimed":
            return await resumed(claim)
        try:
            return await new(claim)
        except Unclaimed as unclaimed:
            return await self.refuse(claim, unclaimed.otherwise)

    async def known(self, wanted: Claim) -> Claim | None:
        """What is there under the key: finished, or taken over from a request that died; None when it is new.

        Raises `KeyReused` and `RequestInProgress`.
        """
        if await self.claims.find(wanted.key) is None:
            return None
        return await self.unit_of_work(lambda: self.claim(wanted))

    async def claim(self, wanted: Claim) -> Claim:
        """Claim the key, inside a unit of work. Raises as `known`."""
        return await self.claims.claim(wanted, lambda there: self._mine_or_taken_over(there, wanted))

    def _mine_or_taken_over(self, there: Claim, wanted: Claim) -> Claim:
        return there if there.owner == wanted.owner else take_over(there, wanted, self.clock.now())

    async def claim_first(self, wanted: Claim) -> None:
        """Claim a key that is free, as most are, or that `wanted` has taken over. Raises `Unclaimed` for another's."""
        if (await self.claims.claim(wanted, lambda there: there)).owner != wanted.owner:
            raise Unclaimed(RequestInProgress(retry_after=1.0))

    async def claim_anew(self, wanted: Claim) -> None:
        """Claim a key that was free a moment ago. Raises `RequestInProgress` if another request was faster."""
        if (await self.claim(wanted)).owner != wanted.owner:
            raise RequestInProgress(retry_after=1.0)

    async def renew(self, claim: Claim) -> None:
        """Say that the request is still running."""
        until = self.clock.now() + LEASE
        await self.unit_of_work(lambda: self.claims.renew(claim.key, claim.owner, until))

    async def reach(self, claim: Claim, point: str) -> None:
        """Write down how far it got, inside the unit of work that got it there."""
        await self.claims.reach(claim.key, claim.owner, point)

    async def finish(self, claim: Claim, outcome: CheckedOut | Refused) -> Reply:
        """Keep the answer, inside a unit of work."""
        await self.claims.finish(claim.key, claim.owner, _ENCODER.encode(outcome))
        return Reply(outcome=outcome, correlation_id=claim.correlation_id, replayed=False)

    async def refuse(self, wanted: Claim, error: ShopError) -> Reply:
        """Keep a refusal as the answer, or raise it again where it speaks only of the moment."""
        if isinstance(error, KeyReused | RequestInProgress) or not isinstance(error, _STORABLE):
            raise error

        async def work() -> Reply:
            claim = await self.claim(wanted)
            if claim.outcome is not None:
                return self.replay(claim)
            return await self.finish(claim, Refused.of(error))

        return await self.unit_of_work(work)

    def replay(self, claim: Claim) -> Reply:
        """The first answer again."""
        outcome = _OUTCOME.decode(claim.outcome or b"")
        return Reply(outcome=outcome, correlation_id=claim.correlation_id, replayed=True)
