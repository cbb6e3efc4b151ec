"""The double's server: HTTP/1.1 on loopback, as much of it as the official clients speak."""

import asyncio
import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import urlsplit

from shopcore.testing.stripe_double import intents
from shopcore.testing.stripe_double.account import API_VERSION, Account
from shopcore.testing.stripe_double.endpoints import act_of, shown
from shopcore.testing.stripe_double.errors import Refusal
from shopcore.testing.stripe_double.faults import Fault, Faults, Planned
from shopcore.testing.stripe_double.forms import Json, decode
from shopcore.testing.stripe_double.keys import Answer, Keys

Headers: TypeAlias = Mapping[str, str]
_AUTHORIZE = re.compile(r"/authorize/(?P<id>[^/]+)")
_PAGE = "<!doctype html><title>Bank</title><p>This payment is {status}.</p>{form}"
_FORM = (
    '<form method="post"><button name="succeeds" value="true">Yes</button><button name="succeeds">No</button></form>'
)
_BROKEN = Refusal(500, "api_error", "Something went wrong.", is_kept=True)
_AWAY = Refusal(503, "api_error", "Nobody is here.")
_STRANGE = b"<!doctype html><title>Forbidden</title><p>You may not go there."
_HALVED = frozenset((Fault.HALF_AN_ANSWER, Fault.HALF_AN_ERROR))


@dataclass(frozen=True)
class Request:
    """What came in."""

    method: str
    path: str
    query: str
    headers: Headers
    body: str

    @property
    def name(self) -> str:
        """Such as `POST /v1/refunds`."""
        return f"{self.method} {self.path}"


class Cut(Exception):
    """The connection ends here, after so much of an answer."""

    def __init__(self, sent: bytes = b"") -> None:
        super().__init__("cut")
        self.sent = sent


class Server:
    """Answers for an account. Who has the secret key may do all, a customer's page what its client secret is for."""

    def __init__(self, account: Account, keys: Keys, faults: Faults, secret_key: str) -> None:
        self._account = account
        self._keys = keys
        self._faults = faults
        self._secret_key = secret_key
        self._connections: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, request after request."""
        self._connections[writer] = asyncio.current_task()
        try:
            while (request := await read_request(reader)) is not None:
                writer.write(await self._answer(request))
                await writer.drain()
        except Cut as cut:
            writer.write(cut.sent)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            del self._connections[writer]
            writer.close()

    def close(self) -> None:
        """End every connection, and what is still being carried out."""
        for writer, task in list(self._connections.items()):
            writer.close()
            if task:
                task.cancel()

    async def _answer(self, request: Request) -> bytes:
        if match := _AUTHORIZE.fullmatch(request.path):
            return self._bank_page(request, match["id"])
        planned = self._faults.strike(request.name)
        if planned and planned.fault is Fault.CUT:
            raise Cut
        try:
            answer = await self._carry_out(request, planned)
        except Refusal as refusal:
            answer = Answer(refusal.status, json.dumps(refusal.body).encode())
        if planned and planned.fault is Fault.DROP_ANSWER:
            raise Cut
        if planned and planned.fault is Fault.STRANGE_ANSWER:
            return rendered(Answer(403, _STRANGE), "", None, "text/html")
        whole = rendered(answer, self._account.new_id("req"), request.headers.get("idempotency-key"))
        if planned and planned.fault in _HALVED:
            raise Cut(whole[: -len(answer.body) // 2])
        return whole

    async def _carry_out(self, request: Request, planned: Planned | None) -> Answer:
        params = decode(request.query if request.method == "GET" else request.body)
        self._admit(request, params)
        if planned and planned.fault is Fault.RATE_LIMITED:
            raise Refusal(429, "rate_limit_error", "Too many requests.", code="rate_limit")
        if planned and planned.fault is Fault.HALF_AN_ERROR:
            raise _AWAY
        key = request.headers.get("idempotency-key") if request.method == "POST" else None

        async def act() -> Answer:
            seconds = self._faults.latency_seconds + (planned.seconds if planned else 0.0)
            if seconds:
                await asyncio.sleep(seconds)
            return self._act(request, params, planned)

        return await self._keys.answer(key, (request.name, params), act)

    def _act(self, request: Request, params: Json, planned: Planned | None) -> Answer:
        if planned and planned.fault is Fault.SERVER_ERROR:
            raise _BROKEN
        self._account.asked.append(request.name)
        act, name = act_of(request.name)
        made = shown(self._account, act(self._account, params, name), params)
        if planned and planned.fault is Fault.SERVER_ERROR_AFTERWARDS:
            raise _BROKEN
        return Answer(200, json.dumps(made).encode())

    def _admit(self, request: Request, params: Json) -> None:
        scheme, _, credential = request.headers.get("authorization", "").partition(" ")
        key = base64.b64decode(credential).decode().partition(":")[0] if scheme == "Basic" else credential
        if key == self._secret_key and not self._account.refuses_keys:
            return
        intent = self._account.intents.get(request.path.split("/")[-2]) if request.path.count("/") > 3 else None
        if key.startswith("pk_") and intent and params.get("client_secret") == intent["client_secret"]:
            return
        raise Refusal(401, "invalid_request_error", "Invalid API Key provided.")

    def _bank_page(self, request: Request, name: str) -> bytes:
        """The page of the card's bank, on which the customer says yes or no."""
        intent = self._account.intents.get(name)
        if intent is None:
            return rendered(Answer(404, b"<p>There is no such payment.</p>"), "", None, "text/html")
        if request.method == "POST":
            succeeds = decode(request.body).get("succeeds") == "true"
            intents.authenticate(self._account, name, succeeds=succeeds)
        form = _FORM if intent["status"] == "requires_action" else ""
        page = _PAGE.format(status=intent["status"], form=form)
        return rendered(Answer(200, page.encode()), "", None, "text/html")


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    """The next request of a connection; None at its end."""
    head = await reader.readuntil(b"\r\n\r\n") if not reader.at_eof() else b""
    if not head:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    parts = urlsplit(target)
    return Request(method, parts.path, parts.query, headers, body.decode())


def rendered(answer: Answer, request_id: str, key: str | None, kind: str = "application/json") -> bytes:
    """An answer as bytes on the wire."""
    headers = {
        "content-type": kind,
        "content-length": str(len(answer.body)),
        "request-id": request_id,
        "stripe-version": API_VERSION,
        **({"idempotency-key": key} if key else {}),
        **({"idempotent-replayed": "true"} if answer.is_replayed else {}),
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {answer.status} Answer\r\n{lines}\r\n".encode() + answer.body
