"""What the lists of staff have in common, and the audit log."""

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.response.base import ASGIResponse
from msgspec import UNSET, Meta

from shop_http.answers import Answer, json_answer
from shop_http.openapi import OPERATION, Operation
from shop_http.visit import Visit
from shopcore.audit.model import Entry, EntryFilter
from shopcore.kernel.paging import DEFAULT_LIMIT, MAX_LIMIT


class ListQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A page of a list."""

    limit: Annotated[int, Meta(ge=1, le=MAX_LIMIT, description="How many at most.")] = DEFAULT_LIMIT
    cursor: Annotated[str | None, Meta(description="`next_cursor` of the page before.")] = None


class AuditEntryShown(msgspec.Struct, frozen=True, kw_only=True):
    """Who did what, when, from where. `origin` is a network, never an address; null where nobody on a network asked."""

    sequence: int
    at: datetime
    actor: str
    origin: str | None
    action: str
    subject: str
    before: dict[str, str]
    after: dict[str, str]
    correlation_id: str
    digest: str


class AuditPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some entries, and where the next ones start."""

    items: tuple[AuditEntryShown, ...]
    next_cursor: str | None


def linked(visit: Visit, answer: Answer, next_cursor: str | None) -> ASGIResponse:
    """A page of a list, with a link to the next one: what was asked, from there on."""
    if next_cursor is None:
        return visit.shown(answer)
    asked = {"limit": DEFAULT_LIMIT, **visit.request.query_params.dict(), "cursor": next_cursor}
    url = f"{visit.request.url.path}?{urlencode(asked, doseq=True)}"
    return visit.shown(answer.with_headers({"link": f'<{url}>; rel="next"'}))


def staff_list(page: Any, permission: str, query: type = ListQuery, refuses: tuple[int, ...] = ()) -> dict[str, Any]:
    """The `opt` of a list for staff."""
    return {
        OPERATION: Operation(
            tag="admin",
            answers={200: page},
            query=query,
            permission=permission,
            refuses=refuses,
            answer_headers=("ETag", "Link"),
        )
    }


_Named = Annotated[str, Meta(min_length=1, max_length=200)] | None
_Moment = Annotated[datetime, Meta(tz=True)] | None


class AuditQuery(ListQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A page of what fits all that is named. It may be short, or empty, and still have a next one."""

    subject: Annotated[_Named, Meta(description="What it was done to, as entries have it.")] = None
    actor: Annotated[_Named, Meta(description="Who did it, by themselves or by an app.")] = None
    action: Annotated[_Named, Meta(description="What was done, such as `staff.change`.")] = None
    since: Annotated[_Moment, Meta(description="From this moment on.")] = None
    until: Annotated[_Moment, Meta(description="Before this moment.")] = None


class VerificationQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where to go on."""

    cursor: Annotated[str | None, Meta(description="`next_cursor` of the answer before.")] = None


class VerificationShown(msgspec.Struct, frozen=True, kw_only=True):
    """So many entries from the first on are as they were written; `digest` is that of the last of them.

    `first_altered` is the place of the first that is not. With a `next_cursor` there are more to look at.
    """

    entries: int
    digest: str
    first_altered: int | None
    next_cursor: str | None


_AT_MOST = 20_000  # entries that one request walks over: about a second


@get(
    "/admin/audit/verification",
    opt={
        OPERATION: Operation(
            tag="admin",
            answers={200: VerificationShown},
            query=VerificationQuery,
            permission="audit:read",
            answer_headers=("ETag",),
        )
    },
)
async def verify_audit_log(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Check that no entry was altered, from the first on; `next_cursor` goes on where this answer ends."""
    found = await visit.view.audit.verify(cursor=visit.query(VerificationQuery).cursor, at_most=_AT_MOST)
    shown = VerificationShown(
        entries=found.entries,
        digest=found.digest,
        first_altered=found.first_altered,
        next_cursor=found.next_cursor,
    )
    return visit.shown(json_answer(shown))


@get("/admin/audit", opt=staff_list(AuditPage, "audit:read", AuditQuery))
async def list_audit_entries(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Show who did what, newest first."""
    query = visit.query(AuditQuery)
    wanted = EntryFilter(
        subject=query.subject, actor=query.actor, action=query.action, since=query.since, until=query.until
    )
    asked = None if wanted == EntryFilter() else wanted
    page = await visit.view.audit.list(limit=query.limit, cursor=query.cursor, wanted=asked)
    shown = AuditPage(items=tuple(map(_entry_shown, page.items)), next_cursor=page.next_cursor)
    return linked(visit, json_answer(shown), page.next_cursor)


def _entry_shown(entry: Entry) -> AuditEntryShown:
    return AuditEntryShown(
        sequence=entry.sequence,
        at=entry.at,
        actor=entry.actor,
        origin=None if entry.origin is UNSET else entry.origin,
        action=entry.action,
        subject=entry.subject,
        before=entry.before,
        after=entry.after,
        correlation_id=entry.correlation_id,
        digest=entry.digest,
    )
