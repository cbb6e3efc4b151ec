"""One session as a state machine: devices, thieves and late tabs show whatever tokens they hold, in any order.

Whatever happens, at most one token is good beside the one that it was made from, for ten seconds; nobody who shows an
older one leaves the session alive; and what has ended never comes back.
"""

from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.planted import caught

from shopcore.identity.errors import InvalidRefreshToken
from shopcore.identity.model import Device, Session
from shopcore.identity.model.sessions import (
    GRACE,
    IDLE_LIFETIME,
    LIFETIME,
    Presented,
    end,
    is_live,
    open_session,
    present,
)
from shopcore.kernel.ids import CustomerId, SessionId
from shopcore.testing.contracts.samples import NOON

pytestmark = pytest.mark.core


class SessionMachine(RuleBasedStateMachine):
    """`counters` of the tokens that somebody was given: all that anybody can hold."""

    session: Session

    @initialize()
    def signs_in(self) -> None:
        """A new session; its first token has the counter 0."""
        self.now = NOON
        self.session = open_session(SessionId("s"), CustomerId("ann"), Device(name="a tab"), ("pwd",), NOON)
        self.given = [0]
        self.was_over = False

    @rule(seconds=st.integers(0, 15) | st.integers(0, int(IDLE_LIFETIME.total_seconds()) + 10))
    def time_passes(self, seconds: int) -> None:
        """Now and then so much that the session expires."""
        self.now += timedelta(seconds=seconds)

    @rule(back=st.integers(0, 4))
    def shows_a_token(self, back: int) -> None:
        """The newest, the one before, or one that should have been forgotten."""
        counter, before = self.given[max(len(self.given) - 1 - back, 0)], self.session
        try:
            self.session, outcome = present(before, counter, self.now)
        except InvalidRefreshToken:
            assert not is_live(before, self.now)
            return
        assert is_live(before, self.now)
        match outcome:
            case Presented.ROTATED:
                assert counter == before.counter
                assert self.session.counter == counter + 1
                self.given.append(counter + 1)
            case Presented.REPEATED:
                assert counter == before.counter - 1
                assert self.now <= before.rotated_at + GRACE
                assert self.session == before
            case Presented.REUSED:
                assert counter < before.counter
                assert not is_live(self.session, self.now)

    @rule()
    def shows_a_token_of_the_future(self) -> None:
        """Nobody was given it."""
        with pytest.raises(InvalidRefreshToken):
            present(self.session, self.session.counter + 1, self.now)

    @precondition(lambda self: is_live(self.session, self.now))
    @rule()
    def signs_out(self) -> None:
        """Twice is once."""
        self.session = end(end(self.session, self.now), self.now + timedelta(1))
        assert self.session.ended_at == self.now

    @invariant()
    def what_is_over_stays_over(self) -> None:
        """Ended or expired."""
        assert not (self.was_over and is_live(self.session, self.now))
        self.was_over = not is_live(self.session, self.now)

    @invariant()
    def it_ends_in_time(self) -> None:
        """However busy it is."""
        assert self.session.expires_at <= max(NOON + LIFETIME, NOON + IDLE_LIFETIME)


TestSessionMachine = SessionMachine.TestCase
TestSessionMachine.settings = settings(max_examples=60, stateful_step_count=30)


def test_a_thief_is_noticed_whoever_comes_first() -> None:
    """Two hold one token; within two refreshes by each, the session is over."""
    orders = st.lists(st.booleans(), min_size=4, max_size=8).filter(lambda order: {True, False} <= set(order[:4]))

    def survives(order: list[bool]) -> None:
        session = open_session(SessionId("s"), CustomerId("ann"), Device(), ("pwd",), NOON)
        held, now, alive = {True: 0, False: 0}, NOON, True
        for who in [*order, True, False, True, False]:
            now += timedelta(seconds=11)
            try:
                session, outcome = present(session, held[who], now)
            except InvalidRefreshToken:
                alive = False
                break
            if outcome is Presented.REUSED:
                alive = False
                break
            held[who] = session.counter
        assert alive

    assert caught(survives, orders)
