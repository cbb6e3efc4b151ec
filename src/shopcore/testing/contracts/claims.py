"""The contract of `shopcore.idempotency.ports.Claims`."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import msgspec
import pytest

from shopcore.idempotency.errors import KeyReused, RequestInProgress
from shopcore.idempotency.model import LEASE, Claim, take_over
from shopcore.idempotency.ports import Claims
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.testing.contracts.samples import NOON, Refused

REPLY = b'{"email":"mia.krause@post.example"}'


def a_claim(owner: str, *, key: str = "key", at: datetime = NOON, body: str = "body") -> Claim:
    """A claim of that owner on one request."""
    return Claim(
        key=key,
        fingerprint=body,
        claimed_at=at,
        leased_until=at + LEASE,
        owner=owner,
        correlation_id="request-1",
        ids={"order": f"order of {owner}"},
    )


async def claim_it(claims: Claims, wanted: Claim) -> Claim:
    """As a use case does: at the time of the claim."""
    return await claims.claim(wanted, lambda there: take_over(there, wanted, wanted.claimed_at))


def _writes(claims: Claims, key: str, owner: str) -> tuple[Callable[[], Awaitable[None]], ...]:
    return (
        lambda: claims.renew(key, owner, NOON + 3 * LEASE),
        lambda: claims.reach(key, owner, "placed"),
        lambda: claims.finish(key, owner, REPLY),
    )


@pytest.mark.anyio
class ClaimsContract:
    """Override `claims` and `unit_of_work`."""

    @pytest.fixture
    def claims(self) -> Claims:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def unit_of_work(self) -> UnitOfWork:
        pytest.fail("override this fixture with the unit of work that the port joins")

    async def test_a_free_key_is_claimed(self, claims: Claims) -> None:
        """The answer is the claim itself, and it is what the sweeper finds."""
        mine = a_claim("mine")

        assert await claim_it(claims, mine) == mine
        assert await claims.find(mine.key) == mine

    async def test_one_of_many_has_the_key(self, claims: Claims) -> None:
        """Twenty at the same moment: the others hear that it is in progress, and for how long."""
        answers = await asyncio.gather(
            *(claim_it(claims, a_claim(f"owner {n}")) for n in range(20)), return_exceptions=True
        )

        refused = [answer for answer in answers if isinstance(answer, RequestInProgress)]
        assert len(refused) == 19
        assert {answer.retry_after for answer in refused} == {LEASE.total_seconds()}

    async def test_another_body_is_refused(self, claims: Claims) -> None:
        """Whether the first request is running, lapsed or finished; and nothing changes."""
        mine = await claim_it(claims, a_claim("mine"))
        for at in (NOON, NOON + 2 * LEASE):
            with pytest.raises(KeyReused):
                await claim_it(claims, a_claim("other", at=at, body="another"))
        assert await claims.find(mine.key) == mine

    async def test_a_finished_claim_is_replayed(self, claims: Claims) -> None:
        """To the byte, to everybody who asks with the same body, however late."""
        await claim_it(claims, a_claim("mine"))
        await claims.finish("key", "mine", REPLY)
        finished = await claims.find("key")

        for minutes in (0, 1, 60):
            again = await claim_it(claims, a_claim("retry", at=NOON + timedelta(minutes=minutes)))
            assert again == finished
            assert again.outcome == REPLY

    async def test_a_lapsed_claim_is_taken_over_once(self, claims: Claims) -> None:
        """With the ids and the point of the first, which then may not write any more."""
        await claim_it(claims, a_claim("first"))
        await claims.reach("key", "first", "placed")
        late = NOON + LEASE

        answers = await asyncio.gather(
            *(claim_it(claims, a_claim(f"retry {n}", at=late)) for n in range(5)), return_exceptions=True
        )

        (taken,) = [answer for answer in answers if isinstance(answer, Claim)]
        assert (taken.ids, taken.point) == ({"order": "order of first"}, "placed")
        assert taken.leased_until == late + LEASE
        for write in _writes(claims, "key", "first"):
            with pytest.raises(RequestInProgress):
                await write()
        assert await claims.find("key") == taken
        await claims.finish("key", taken.owner, REPLY)
        assert await claims.find("key") == msgspec.structs.replace(taken, outcome=REPLY)

    async def test_each_write_changes_one_thing(self, claims: Claims) -> None:
        """A lease is prolonged without forgetting how far the request got, and the other way round."""
        mine = await claim_it(claims, a_claim("mine"))
        until = NOON + 2 * LEASE

        await claims.reach("key", "mine", "placed")
        await claims.renew("key", "mine", until)
        running = msgspec.structs.replace(mine, point="placed", leased_until=until)
        assert await claims.find("key") == running
        with pytest.raises(RequestInProgress):
            await claim_it(claims, a_claim("other", at=NOON + LEASE))
        await claims.finish("key", "mine", REPLY)
        assert await claims.find("key") == msgspec.structs.replace(running, outcome=REPLY)

    async def test_an_unknown_key_is_nobodys(self, claims: Claims) -> None:
        """Nothing can be written of it, and nothing is."""
        for write in _writes(claims, "unknown", "mine"):
            with pytest.raises(RequestInProgress):
                await write()
        assert await claims.find("unknown") is None

    async def test_a_refused_take_over_changes_nothing(self, claims: Claims) -> None:
        """Whatever `take_over` raises comes out unchanged."""
        mine = await claim_it(claims, a_claim("mine"))

        def refuse(_claim: Claim) -> Claim:
            raise Refused

        with pytest.raises(Refused):
            await claims.claim(a_claim("other"), refuse)
        assert await claims.find(mine.key) == mine

    async def test_old_replies_are_forgotten(self, claims: Claims) -> None:
        """At most so many at a time, finished or not: nobody may ask again after so long."""
        for name in ("first", "second", "unfinished"):
            await claim_it(claims, a_claim(name, key=name))
            if name != "unfinished":
                await claims.finish(name, name, REPLY)

        assert await claims.remove_older(NOON, 10) == 0
        late = NOON + timedelta(days=1)
        assert await claims.remove_older(late, 2) == 2
        assert await claims.remove_older(late, 10) == 1
        assert await claims.find("unfinished") is None
        assert (await claim_it(claims, a_claim("anew", key="first", body="another"))).owner == "anew"

    async def test_an_undone_unit_leaves_nothing(self, claims: Claims, unit_of_work: UnitOfWork) -> None:
        """The key is free again, and a reply that was undone was never given."""
        await claim_it(claims, a_claim("mine"))

        async def work() -> None:
            await claims.finish("key", "mine", REPLY)
            await claim_it(claims, a_claim("new", key="new"))
            raise Refused

        with pytest.raises(Refused):
            await unit_of_work(work)
        assert await claims.find(a_claim("mine").key) == a_claim("mine")
        assert (await claim_it(claims, a_claim("other", key="new"))).owner == "other"
