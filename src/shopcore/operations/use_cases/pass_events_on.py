"""Pass on what happened, to whoever counts and draws."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from shopcore.kernel.actor import Actor, permit
from shopcore.operations.model import HappenedEvent, unpack_events
from shopcore.operations.ports import EventStream


@dataclass(frozen=True, kw_only=True, slots=True)
class PassEventsOn:
    """Events go into the stream once the act that they tell of is durable: a job carries them there.

    Each arrives at least once, with an id that tells a second time; those of one act in their order, those of several
    acts in any.
    """

    stream: EventStream | None

    async def __call__(self, actor: Actor, *, packed: Sequence[str]) -> Sequence[Exception | None]:
        """The shop itself, what several acts have packed at once. Answers for each of them: None, or what is wrong with
        it alone. Where the stream was switched off since, they go nowhere.

        Raises `Unavailable`, for all of them.
        """
        permit(actor, "events:write")
        if self.stream is None:
            return [None for _ in packed]
        outcomes, events = list[Exception | None](), list[HappenedEvent]()
        for each in packed:
            try:
                events += unpack_events(each)
                outcomes.append(None)
            except msgspec.MsgspecError as broken:
                outcomes.append(broken)
        if events:
            await self.stream.append(events)
        return outcomes
