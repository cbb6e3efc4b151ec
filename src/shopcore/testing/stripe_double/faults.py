"""What goes wrong on demand: each fault is for some requests, and strikes so often."""

import re
from dataclasses import dataclass, field
from enum import StrEnum


class Fault(StrEnum):
    """What happens to a request."""

    CUT = "cut"
    """The connection ends before anything was done."""
    DROP_ANSWER = "drop_answer"
    """All is done, and the connection ends before the answer."""
    SERVER_ERROR = "server_error"
    """500, with nothing done; under a key it is replayed."""
    SERVER_ERROR_AFTERWARDS = "server_error_afterwards"
    """500 although all was done; under a key it is replayed."""
    RATE_LIMITED = "rate_limited"
    """429, with nothing done."""
    DELAY = "delay"
    """The answer comes after a while."""


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

    def plan(self, fault: Fault, request: str = ".*", *, times: int | None = 1, seconds: float = 0.0) -> None:
        """Let requests fail whose method and path match a pattern in full."""
        self.planned.append(Planned(fault, re.compile(request), times, seconds))

    def strike(self, request: str) -> Planned | None:
        """The fault that this request meets, the one planned first if there are several."""
        for planned in self.planned:
            if planned.times != 0 and planned.request.fullmatch(request):
                if planned.times is not None:
                    planned.times -= 1
                return planned
        return None
