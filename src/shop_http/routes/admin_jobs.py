"""The queue, for those who operate the shop: how much there is to do, and what was given up."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response.base import ASGIResponse
from msgspec import Meta

from shop_http.answers import Answer, json_answer, no_content
from shop_http.idempotency import REPLAYED
from shop_http.openapi import OPERATION, Operation
from shop_http.routes.admin import ListQuery, linked, staff_list
from shop_http.routes.cart import KEY_HEADER
from shop_http.visit import Visit
from shopcore.jobs.model import Chosen, Depth, Failure, Job, JobState
from shopcore.kernel.ids import JobId

_JobIds = Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=64)], ...], Meta(min_length=1, max_length=100)]


class JobQuery(ListQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A page of the jobs."""

    state: Annotated[JobState | None, Meta(description="Only those in this state; `dead` are those given up.")] = None


class JobShown(msgspec.Struct, frozen=True, kw_only=True):
    """A job. `payload` holds ids; `failures` are its last tries that came to nothing, oldest first."""

    id: str
    kind: str
    state: str
    payload: dict[str, str]
    priority: int
    attempts: int
    max_attempts: int
    lost_attempts: int
    created_at: datetime
    run_at: datetime
    leased_until: datetime | None
    last_error: str | None
    failures: tuple[Failure, ...]
    correlation_id: str


class DepthShown(msgspec.Struct, frozen=True, kw_only=True):
    """How many jobs of a kind are in a state, and when the first of them was, or will be, due."""

    kind: str
    state: str
    count: int
    since: datetime | None


class JobPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some jobs, where the next ones start, and what there is in all that is not done."""

    items: tuple[JobShown, ...]
    next_cursor: str | None
    queues: tuple[DepthShown, ...]


class JobsChosen(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The jobs with these ids, or the dead ones of this kind, or all that are dead: one of the three. `before` goes on
    where the last answer ended.
    """

    job_ids: _JobIds | None = None
    kind: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    all_dead: bool = False
    before: Annotated[str, Meta(min_length=1, max_length=64)] | None = None


class JobsDone(msgspec.Struct, frozen=True, kw_only=True):
    """To how many jobs it was done: at most 500 at once, the newest first. `go_on_before` is there where more may be;
    whoever asks again with it as `before` has each done once, also where jobs die again meanwhile.
    """

    count: int
    go_on_before: str | None = None


@get("/admin/jobs", opt=staff_list(JobPage, "jobs:read", JobQuery))
async def list_jobs(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Show the jobs, newest first, and how much there is to do."""
    query = visit.query(JobQuery)
    page = await visit.view.jobs.list(state=query.state, limit=query.limit, cursor=query.cursor)
    queues = tuple(map(_depth_shown, await visit.view.jobs.depth()))
    shown = JobPage(items=tuple(map(_shown, page.items)), next_cursor=page.next_cursor, queues=queues)
    return linked(visit, json_answer(shown), page.next_cursor)


@get(
    "/admin/jobs/{job_id:str}",
    opt={
        OPERATION: Operation(
            tag="admin", answers={200: JobShown}, permission="jobs:read", refuses=(404,), answer_headers=("ETag",)
        )
    },
)
async def show_job(visit: NamedDependency[Visit], job_id: FromPath[str]) -> ASGIResponse:
    """Show a job with the history of its failures."""
    return visit.shown(json_answer(_shown(await visit.view.jobs.show(job_id=JobId(job_id)))))


@post(
    "/admin/jobs/{job_id:str}/retry",
    status_code=200,
    opt={
        OPERATION: Operation(
            tag="admin",
            answers={200: JobShown},
            headers=(KEY_HEADER,),
            permission="jobs:write",
            refuses=(404, 409),
            answer_headers=(REPLAYED,),
        )
    },
)
async def retry_job(visit: NamedDependency[Visit], job_id: FromPath[str]) -> ASGIResponse:
    """Have a job tried again at once, with all its attempts."""

    async def act() -> Answer:
        return json_answer(_shown(await visit.view.jobs.retry(job_id=JobId(job_id))))

    return await visit.once(act)


@delete(
    "/admin/jobs/{job_id:str}",
    status_code=200,  # of the route; the answer has its own
    opt={OPERATION: Operation(tag="admin", answers={204: None}, permission="jobs:write", refuses=(404, 409))},
)
async def discard_job(visit: NamedDependency[Visit], job_id: FromPath[str]) -> ASGIResponse:
    """Give a job up for good: nobody will do it."""
    await visit.view.jobs.discard(job_id=JobId(job_id))
    return no_content().to_asgi()


_IN_BULK = Operation(
    tag="admin",
    answers={200: JobsDone},
    body=JobsChosen,
    example={"kind": "send_order_confirmation"},
    headers=(KEY_HEADER,),
    permission="jobs:write",
    refuses=(409,),
    answer_headers=(REPLAYED,),
)


@post("/admin/jobs/retry", status_code=200, opt={OPERATION: _IN_BULK})
async def retry_jobs(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Have many jobs tried again at once."""

    async def act() -> Answer:
        done = await visit.view.jobs.retry_all(chosen=_chosen(await visit.json(JobsChosen)))
        return json_answer(JobsDone(count=done.count, go_on_before=done.go_on_before))

    return await visit.once(act, in_steps=True)


@post("/admin/jobs/discard", status_code=200, opt={OPERATION: _IN_BULK})
async def discard_jobs(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Give many jobs up for good."""

    async def act() -> Answer:
        done = await visit.view.jobs.discard_all(chosen=_chosen(await visit.json(JobsChosen)))
        return json_answer(JobsDone(count=done.count, go_on_before=done.go_on_before))

    return await visit.once(act, in_steps=True)


def _chosen(wanted: JobsChosen) -> Chosen:
    ids = None if wanted.job_ids is None else tuple(map(JobId, wanted.job_ids))
    before = None if wanted.before is None else JobId(wanted.before)
    return Chosen(job_ids=ids, kind=wanted.kind, all_dead=wanted.all_dead, before=before)


def _depth_shown(depth: Depth) -> DepthShown:
    return DepthShown(kind=depth.kind, state=depth.state, count=depth.count, since=depth.since)


def _shown(job: Job) -> JobShown:
    return JobShown(
        id=job.id,
        kind=job.kind,
        state=job.state,
        payload=job.payload,
        priority=job.priority,
        attempts=job.attempts,
        max_attempts=job.max_attempts,
        lost_attempts=job.lost_attempts,
        created_at=job.created_at,
        run_at=job.run_at,
        leased_until=job.leased_until,
        last_error=job.last_error,
        failures=job.failures,
        correlation_id=job.correlation_id,
    )


ROUTES = (list_jobs, show_job, retry_job, retry_jobs, discard_job, discard_jobs)
