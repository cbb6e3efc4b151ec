"""What payment gateways say."""

import msgspec
import structlog
from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response.base import ASGIResponse

from shop_http.answers import json_answer
from shop_http.errors import Refusal
from shop_http.openapi import OPERATION, Operation
from shop_http.visit import Visit
from shopcore.notifications.errors import UnknownProvider, UnsignedReport
from shopcore.payments.errors import BadSignature, PaymentNotFound

_log = structlog.get_logger("shop.http")


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """It is stored; what follows from it follows later."""

    received: bool = True


@post(
    "/webhooks/{gateway:str}",
    status_code=200,
    opt={OPERATION: Operation(tag="webhooks", public=True, answers={200: Received}, refuses=(400, 404, 413))},
)
async def receive_webhook(visit: NamedDependency[Visit], gateway: FromPath[str]) -> ASGIResponse:
    """Take in a gateway's signed event; 400 for a signature that does not match the raw body."""
    body, headers = await visit.body(), dict(visit.request.headers)
    try:
        await visit.public.payments.receive_webhook(gateway=gateway, body=body, headers=headers)
    except BadSignature as error:
        if error.why is not None:
            _log.warning("webhook_out_of_time", gateway=gateway, why=error.why)
        raise Refusal(400, error.code, error.detail) from None
    except PaymentNotFound:
        raise Refusal(404, "unknown_gateway", "the shop has no such payment gateway") from None
    return json_answer(Received()).to_asgi()


@post(
    "/webhooks/mail/{provider:str}",
    status_code=200,
    opt={OPERATION: Operation(tag="webhooks", public=True, answers={200: Received}, refuses=(400, 404, 413, 422))},
)
async def receive_delivery_report(visit: NamedDependency[Visit], provider: FromPath[str]) -> ASGIResponse:
    """Take in what a mail provider says of a mail; 400 for a signature that does not match body and time."""
    body, headers = await visit.body(), dict(visit.request.headers)
    try:
        await visit.public.messages.report(provider=provider, body=body, headers=headers)
    except UnsignedReport as error:
        raise Refusal(400, error.code, error.detail) from None
    except UnknownProvider as error:
        raise Refusal(404, error.code, error.detail) from None
    return json_answer(Received()).to_asgi()
