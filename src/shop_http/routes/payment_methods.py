"""What payment methods are kept for a customer."""

import msgspec
from litestar import delete, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response.base import ASGIResponse

from shop_http.answers import json_answer, no_content
from shop_http.openapi import OPERATION, Operation
from shop_http.visit import Visit
from shopcore.payments.model import SavedMethod


class MethodList(msgspec.Struct, frozen=True, kw_only=True):
    """All of them, the newest first."""

    items: tuple[SavedMethod, ...]
    next_cursor: None = None


@get(
    "/me/payment-methods",
    opt={OPERATION: Operation(tag="accounts", answers={200: MethodList}, signed_in=True, refuses=(503,))},
)
async def list_payment_methods(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Show the payment methods that one has agreed to have kept, as `payment.save` of a checkout does.

    Their gateway is asked, so that the answer is 503 while it does not answer.
    """
    return json_answer(MethodList(items=tuple(await visit.view.payments.list_methods()))).to_asgi()


@delete(
    "/me/payment-methods/{method_id:str}",
    status_code=200,
    opt={OPERATION: Operation(tag="accounts", answers={204: None}, signed_in=True, refuses=(404, 503))},
)
async def remove_payment_method(visit: NamedDependency[Visit], method_id: FromPath[str]) -> ASGIResponse:
    """Have one of them kept no longer."""
    await visit.view.payments.remove_method(method=method_id)
    return no_content().to_asgi()
