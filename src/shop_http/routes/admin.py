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
from shopcore.audit.model import Entry
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


def staff_list(page: Any, permission: str, query: type = ListQuery) -> dict[str, Any]:
    """The `opt` of a list for staff."""
    return {
        OPERATION: Operation(
            tag="admin",
            answers={200: page},
            query=query,
            permission=permission,
            answer_headers=("ETag", "Link"),
        )
    }


@get("/admin/audit", opt=staff_list(AuditPage, "audit:read"))
async def list_audit_entries(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Show who did what, newest first."""
    query = visit.query(ListQuery)
    page = await visit.view.audit.list(limit=query.limit, cursor=query.cursor)
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
