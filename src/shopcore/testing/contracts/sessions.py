"""The contract of `shopcore.identity.ports.Sessions`."""

import asyncio
from datetime import timedelta
from functools import partial

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from shopcore.identity.errors import SessionNotFound
from shopcore.identity.model import Session
from shopcore.identity.model.sessions import IDLE_LIFETIME, Presented, end, present
from shopcore.identity.ports import Sessions
from shopcore.kernel.ids import CustomerId, SessionId
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.testing.contracts.identity_samples import a_session
from shopcore.testing.contracts.sales_samples import a_mark
from shopcore.testing.contracts.samples import NOON, Refused
from shopcore.testing.strategies.identity import sessions as any_sessions

ANN = CustomerId("ann")
_LATER = NOON + timedelta(hours=1)
_end = partial(end, at=_LATER)


@pytest.mark.anyio
class SessionsContract:
    """Override `sessions` and `unit_of_work`."""

    @pytest.fixture
    def sessions(self) -> Sessions:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def unit_of_work(self) -> UnitOfWork:
        pytest.fail("override this fixture with the unit of work that the port joins")

    @given(session=any_sessions())
    @settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
    async def test_what_was_added_is_what_is_got(self, sessions: Sessions, session: Session) -> None:
        """Storing and reading is identity; a customer's are listed unless they have ended."""
        mark = a_mark()
        customer_id = CustomerId(mark + session.customer_id)
        session = msgspec.structs.replace(session, id=SessionId(mark + session.id), customer_id=customer_id)
        await sessions.add(session)

        assert await sessions.get(session.id) == session
        assert list(await sessions.of_customer(customer_id)) == ([session] if session.ended_at is None else [])

    async def test_what_is_not_there_is_not_found(self, sessions: Sessions) -> None:
        """Reading and changing refuse; a list is empty, and nothing can be ended."""
        with pytest.raises(SessionNotFound):
            await sessions.get(SessionId("unknown"))
        with pytest.raises(SessionNotFound):
            await sessions.update(SessionId("unknown"), _end)
        assert list(await sessions.of_customer(ANN)) == []
        assert await sessions.end_all(ANN, NOON) == 0

    async def test_a_change_counts_the_version_up(self, sessions: Sessions) -> None:
        """The answer is what is stored; an equal session is no change."""
        await sessions.add(a_session("telephone"))

        changed = await sessions.update(SessionId("telephone"), lambda held: present(held, 0, _LATER)[0])
        again = await sessions.update(SessionId("telephone"), msgspec.structs.replace)

        assert (changed.version, changed.counter) == (2, 1)
        assert await sessions.get(SessionId("telephone")) == again == changed

    async def test_a_token_is_rotated_once_however_many_come(self, sessions: Sessions) -> None:
        """Ten show the same token at the same moment: one rotates it, the others see that."""
        await sessions.add(a_session("telephone"))
        outcomes: list[Presented] = []

        def show(held: Session) -> Session:
            changed, outcome = present(held, 0, _LATER)
            outcomes.append(outcome)
            return changed

        await asyncio.gather(*(sessions.update(SessionId("telephone"), show) for _ in range(10)))

        assert (await sessions.get(SessionId("telephone"))).counter == 1
        assert Presented.REUSED not in outcomes

    async def test_what_has_ended_stays_ended(self, sessions: Sessions) -> None:
        """Whatever a change makes of it."""
        await sessions.add(a_session("telephone"))
        await sessions.update(SessionId("telephone"), _end)

        revived = await sessions.update(SessionId("telephone"), partial(msgspec.structs.replace, ended_at=None))

        assert revived.ended_at == _LATER
        assert (await sessions.get(SessionId("telephone"))).ended_at == _LATER

    async def test_a_customer_s_are_listed_oldest_first(self, sessions: Sessions) -> None:
        """Without those that have ended, and without anybody else's."""
        for number, name in enumerate(("a", "b", "c")):
            await sessions.add(a_session(name, minutes=number))
        await sessions.add(a_session("toms", customer="tom"))
        await sessions.update(SessionId("b"), _end)

        assert [one.id for one in await sessions.of_customer(ANN)] == ["a", "c"]

    async def test_all_of_a_customer_s_end_but_one(self, sessions: Sessions) -> None:
        """Those that had ended before keep their time; nobody else's is touched."""
        for name in ("a", "b", "c"):
            await sessions.add(a_session(name))
        await sessions.add(a_session("toms", customer="tom"))
        await sessions.update(SessionId("a"), partial(end, at=NOON))

        assert await sessions.end_all(ANN, _LATER, SessionId("c")) == 1
        assert [one.id for one in await sessions.of_customer(ANN)] == ["c"]
        assert (await sessions.get(SessionId("a"))).ended_at == NOON
        assert (await sessions.get(SessionId("b"))).ended_at == _LATER
        assert await sessions.end_all(ANN, _LATER) == 1
        assert len(await sessions.of_customer(CustomerId("tom"))) == 1

    async def test_the_longest_unused_end_beyond_so_many(self, sessions: Sessions, unit_of_work: UnitOfWork) -> None:
        """An old one that is in use stays, and the new one, in the unit that opens it as well; nobody else's is
        touched, nor what had ended.
        """
        for name in ("a", "b", "c", "d", "e"):
            await sessions.add(a_session(name))
        await sessions.add(a_session("toms", customer="tom"))
        await sessions.update(SessionId("e"), partial(end, at=NOON))

        async def work() -> int:
            await sessions.add(a_session("f"))
            return await sessions.end_longest_unused(ANN, 3, _LATER)

        used = _LATER - timedelta(minutes=1)
        await sessions.update(SessionId("a"), lambda held: msgspec.structs.replace(held, rotated_at=used))
        assert await sessions.end_longest_unused(ANN, 4, _LATER) == 0
        assert await unit_of_work(work) == 2
        assert [one.id for one in await sessions.of_customer(ANN)] == ["a", "d", "f"]
        assert [(await sessions.get(SessionId(name))).ended_at for name in ("b", "c", "e")] == [_LATER, _LATER, NOON]
        assert (await sessions.get(SessionId("b"))).version == 2
        assert len(await sessions.of_customer(CustomerId("tom"))) == 1

    async def test_thousands_end_together(self, sessions: Sessions, unit_of_work: UnitOfWork) -> None:
        """Whoever has opened very many, to stay when they are thrown out, is thrown out like anybody."""
        names = [f"{number:04}" for number in range(2000)]
        for some in (names[at : at + 100] for at in range(0, len(names), 100)):
            await asyncio.gather(*(sessions.add(a_session(name)) for name in some))
        ended = await unit_of_work(lambda: sessions.end_all(ANN, _LATER))
        one = await sessions.get(SessionId("1234"))

        assert (ended, len(await sessions.of_customer(ANN))) == (2000, 0)
        assert (one.ended_at, one.version) == (_LATER, 2)

    async def test_expired_ones_are_forgotten(self, sessions: Sessions) -> None:
        """Only those, ended or not, at most so many at a time."""
        for minutes, name in enumerate(("first", "second", "third")):
            await sessions.add(a_session(name, minutes=minutes))
        await sessions.update(SessionId("first"), _end)
        late = NOON + IDLE_LIFETIME + timedelta(minutes=1)

        assert await sessions.remove_expired(NOON + IDLE_LIFETIME - timedelta(microseconds=1), 10) == 0
        assert await sessions.remove_expired(late, 1) == 1
        assert await sessions.remove_expired(late, 10) == 1
        assert [one.id for one in await sessions.of_customer(ANN)] == ["third"]

    async def test_an_undone_unit_leaves_nothing(self, sessions: Sessions, unit_of_work: UnitOfWork) -> None:
        """Inside a unit its own writes are seen; when it raises, they never happened."""
        await sessions.add(a_session("old"))

        async def work() -> None:
            await sessions.add(a_session("new"))
            assert await sessions.end_all(ANN, _LATER) == 2
            assert list(await sessions.of_customer(ANN)) == []
            raise Refused

        with pytest.raises(Refused):
            await unit_of_work(work)
        assert list(await sessions.of_customer(ANN)) == [a_session("old")]
