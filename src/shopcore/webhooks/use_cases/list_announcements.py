"""See what there is to tell."""

from dataclasses import dataclass

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.paging import DEFAULT_LIMIT, Page, decode_cursor, encode_cursor, list_name
from shopcore.kernel.sealing import Signer
from shopcore.webhooks.model import Announcement
from shopcore.webhooks.ports import Announcements


@dataclass(frozen=True, kw_only=True, slots=True)
class ListAnnouncements:
    """The log of events, oldest first: of the last 90 days, since the shop has had an endpoint."""

    announcements: Announcements
    signer: Signer

    async def __call__(
        self, actor: Actor, *, after: str | None = None, limit: int = DEFAULT_LIMIT, cursor: str | None = None
    ) -> Page[Announcement]:
        """Staff with `webhooks:read`; `after` names an event to begin behind.

        Raises `AnnouncementNotFound`, or `InvalidCursor` for a cursor of another list.
        """
        permit(actor, "webhooks:read")
        name = list_name("webhook_events", after)
        position = decode_cursor(self.signer, name, cursor)
        first = "" if after is None else (await self.announcements.get(after)).place
        place = first if position is None else str(position[0])
        found = await self.announcements.after(place, limit + 1)
        more = (found[limit - 1].place,) if len(found) > limit else None
        return Page(items=found[:limit], next_cursor=encode_cursor(self.signer, name, more))
