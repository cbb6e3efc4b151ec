"""Pass on what happened, to whoever counts and draws."""

from dataclasses import dataclass

from shopcore.kernel.actor import Actor, permit
from shopcore.operations.model import unpack_events
from shopcore.operations.ports import EventStream


@dataclass(frozen=True, kw_only=True, slots=True)
class PassEventsOn:
    """Events go into the stream once the act that they tell of is durable: a job carries them there.

    Each arrives at least once, with an id that tells a second time; those of one act in their order, those of several
    acts in any.
    """

    stream: EventStream | None

    async def __call__(self, actor: Actor, *, events: str) -> None:
        """The shop itself. `events` is packed; where the stream was switched off since, they go nowhere.

        Raises `Unavailable`.
        """
        permit(actor, "events:write")
        if self.stream is not None:
            await self.stream.append(unpack_events(events))
