"""What goes wrong on demand: each fault is for some requests, and strikes so often."""

import re
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random  # noqa: TID251 - what goes wrong is nobody's secret, and the same for the same seed


class Fault(StrEnum):
    """What happens to a request."""

    CUT = "cut"
    """The connection ends before anything was done."""
    DROP_ANSWER = "drop_answer"
    """All is done, and the connection ends before the answer."""
    HALF_AN_ANSWER = "half_an_answer"
    """All is done, and the connection ends in the middle of the answer."""
    HALF_AN_ERROR = "half_an_error"
    """503 with nothing done, whatever the key, and the connection ends in the middle of the answer."""
    STRANGE_ANSWER = "strange_answer"
    """All is done, and something in between answers 403 with a page of its own."""
    SERVER_ERROR = "server_error"
    """500, with nothing done; under a key it is replayed."""
    SERVER_ERROR_AFTERWARDS = "server_error_afterwards"
    """500 although all was done; under a key it is replayed."""
    RATE_LIMITED = "rate_limited"
    """429, with nothing done."""
    DELAY = "delay"
    """The answer comes after a while."""


_ANY = re.compile(".*")


@dataclass
class Planned:
    """A fault for requests such as `POST /v1/refunds`; `times` is how often it strikes, None for ever."""

    fault: Fault
    request: re.Pattern[str]
    times: int | None = 1
    seconds: float = 0.0


@dataclass
class Faults:
    """The plan. Without one, everything works."""

    latency_seconds: float = 0.0
    """How long each request takes, whatever becomes of it."""
    planned: list[Planned] = field(default_factory=list)
    struck: Counter[Fault] = field(default_factory=Counter)
    """What has gone wrong so far."""
    _at_first: Fault | None = None
    _seen: set[str] = field(default_factory=set)
    _often: "_Often | None" = None

    def plan(self, fault: Fault, request: str = ".*", *, times: int | None = 1, seconds: float = 0.0) -> None:
        """Let requests fail whose method and path match a pattern in full."""
        self.planned.append(Planned(fault, re.compile(request), times, seconds))

    def at_first(self, fault: Fault) -> None:
        """From now on, let every request fail like that when its method and path are seen for the first time."""
        self._at_first = fault

    def often(self, share: float, *faults: Fault, seed: int, seconds: float = 0.0) -> None:
        """From now on, let that share of all requests fail, each in one of these ways and after at most so many
        seconds: the same for the same seed.
        """
        self._often = _Often(Random(seed), share, faults, seconds)  # noqa: S311

    def end(self) -> None:
        """Let everything work again."""
        self.planned, self._at_first, self._often = [], None, None

    def strike(self, request: str) -> Planned | None:
        """The fault that this request meets: the first that is planned for it, or else that of all that are new, or
        else one of those that are often.
        """
        found = self._planned_for(request) or self._new(request) or (self._often.drawn() if self._often else None)
        if found:
            self.struck[found.fault] += 1
        return found

    def _planned_for(self, request: str) -> Planned | None:
        for planned in self.planned:
            if planned.times != 0 and planned.request.fullmatch(request):
                if planned.times is not None:
                    planned.times -= 1
                return planned
        return None

    def _new(self, request: str) -> Planned | None:
        if self._at_first is None or request in self._seen:
            return None
        self._seen.add(request)
        return Planned(self._at_first, _ANY)


@dataclass
class _Often:
    chance: Random
    share: float
    faults: tuple[Fault, ...]
    seconds: float

    def drawn(self) -> Planned | None:
        if self.chance.random() >= self.share:
            return None
        return Planned(self.chance.choice(self.faults), _ANY, seconds=self.chance.uniform(0.0, self.seconds))
