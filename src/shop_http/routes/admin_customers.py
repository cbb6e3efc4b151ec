"""The customers, for those who look after them."""

from datetime import datetime

import msgspec
from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response.base import ASGIResponse

from shop_http.answers import Answer, json_answer, no_content
from shop_http.idempotency import REPLAYED
from shop_http.openapi import OPERATION, Operation
from shop_http.routes.admin import ListQuery, linked, staff_list
from shop_http.routes.cart import KEY_HEADER
from shop_http.visit import Visit
from shopcore.administration.model import Person
from shopcore.kernel.ids import CustomerId


class CustomerShown(msgspec.Struct, frozen=True, kw_only=True):
    """A customer, without anything that shows who somebody is."""

    id: str
    email: str
    name: str | None
    created_at: datetime
    verified_at: datetime | None
    locked_at: datetime | None


class CustomerPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some customers, and where the next ones start."""

    items: tuple[CustomerShown, ...]
    next_cursor: str | None


class CustomerSearch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose address it is. In a body, since addresses of requests are written down in many places."""

    email: str


@get("/admin/customers", opt=staff_list(CustomerPage, "customers:read"))
async def list_customers(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Show the customers who have an account, newest first."""
    query = visit.query(ListQuery)
    page = await visit.view.people.list(limit=query.limit, cursor=query.cursor)
    shown = CustomerPage(items=tuple(map(_shown, page.items)), next_cursor=page.next_cursor)
    return linked(visit, json_answer(shown), page.next_cursor)


@post(
    "/admin/customers/search",
    status_code=200,
    opt={
        OPERATION: Operation(
            tag="admin",
            answers={200: CustomerShown},
            body=CustomerSearch,
            example={"email": "ada@example.com"},
            headers=(KEY_HEADER,),
            permission="customers:read",
            refuses=(404, 409),
            answer_headers=(REPLAYED,),
        )
    },
)
async def find_customer(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Show the customer with this e-mail address."""

    async def act() -> Answer:
        wanted = await visit.json(CustomerSearch)
        return json_answer(_shown(await visit.view.people.find(email=wanted.email)))

    return await visit.once(act)


@get(
    "/admin/customers/{customer_id:str}",
    opt={
        OPERATION: Operation(
            tag="admin",
            answers={200: CustomerShown},
            permission="customers:read",
            refuses=(404,),
            answer_headers=("ETag",),
        )
    },
)
async def show_customer(visit: NamedDependency[Visit], customer_id: FromPath[str]) -> ASGIResponse:
    """Show a customer."""
    return visit.shown(json_answer(_shown(await visit.view.people.find(customer_id=CustomerId(customer_id)))))


_LOCKING = Operation(
    tag="admin",
    answers={200: CustomerShown},
    headers=(KEY_HEADER,),
    permission="customers:write",
    refuses=(404, 409),
    answer_headers=(REPLAYED,),
)


@post("/admin/customers/{customer_id:str}/lock", status_code=200, opt={OPERATION: _LOCKING})
async def lock_customer(visit: NamedDependency[Visit], customer_id: FromPath[str]) -> ASGIResponse:
    """Lock a customer out: they are signed out everywhere, and cannot sign in."""
    return await _lock(visit, customer_id, locked=True)


@post("/admin/customers/{customer_id:str}/unlock", status_code=200, opt={OPERATION: _LOCKING})
async def unlock_customer(visit: NamedDependency[Visit], customer_id: FromPath[str]) -> ASGIResponse:
    """Let a customer in again."""
    return await _lock(visit, customer_id, locked=False)


@delete(
    "/admin/customers/{customer_id:str}/second-factor",
    status_code=200,  # of the route; the answer has its own
    opt={OPERATION: Operation(tag="admin", answers={204: None}, permission="customers:write", refuses=(404, 409))},
)
async def remove_second_factor(visit: NamedDependency[Visit], customer_id: FromPath[str]) -> ASGIResponse:
    """Remove the second factor of somebody who has lost it: they are signed out everywhere, and told by mail."""
    await visit.view.people.lift_second_factor(customer_id=CustomerId(customer_id))
    return no_content().to_asgi()


async def _lock(visit: Visit, customer_id: str, *, locked: bool) -> ASGIResponse:
    async def act() -> Answer:
        return json_answer(_shown(await visit.view.people.lock(customer_id=CustomerId(customer_id), locked=locked)))

    return await visit.once(act)


def _shown(person: Person) -> CustomerShown:
    return CustomerShown(
        id=person.id,
        email=person.email,
        name=person.name,
        created_at=person.created_at,
        verified_at=person.verified_at,
        locked_at=person.locked_at,
    )
