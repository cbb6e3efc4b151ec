"""One request and the shop that it came to: the single object that every handler is given."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from litestar import Request
from litestar.exceptions import InternalServerException
from litestar.response.base import ASGIResponse

from shop_http.answers import Answer, conditional
from shop_http.auth import DEVICE_TOKEN, actor_of, guest_of
from shop_http.cookies import Jar, cookie_of
from shop_http.errors import Refusal, answer_to
from shop_http.idempotency import KEPT, KEY, answer_of, key_of, marked, pack, pack_refusal, required_key, unpack
from shop_http.middleware.proxies import is_unnamed
from shop_http.middleware.rate_limits import caller_of, count_actor
from shop_http.openapi import OPERATION, Operation
from shop_http.reading import NoParameters, read_json, read_nothing, read_query
from shopcore.checkout.model import CheckedOut, Reply
from shopcore.identity.model import Device
from shopcore.kernel.actor import Actor, Customer, Guest, name_of, permit
from shopcore.kernel.errors import NotFound, Unauthenticated
from shopcore.shop import Shop, ShopOf

T = TypeVar("T")


class Visit:
    """Reads what was sent, says who sent it, and answers."""

    __slots__ = ("actor", "request", "shop")

    def __init__(self, request: Request[Any, Any, Any], actor: Actor) -> None:
        self.request = request
        self.shop: Shop = request.app.state.shop
        self.actor = actor

    @property
    def jar(self) -> Jar:
        """The cookies of browsers."""
        return jar_of(self.shop)

    @property
    def device(self) -> Device:
        """Where it comes from, what the device calls itself, and by what it is known."""
        headers = self.request.headers
        token = headers.get(DEVICE_TOKEN) or cookie_of(headers, self.jar.device) or ""
        network = "" if is_unnamed(self.request.scope) else caller_of(self.request.scope)
        return Device(network=network, name=headers.get("user-agent", ""), token=token)

    @property
    def door(self) -> ShopOf:
        """The shop for somebody who is on the way in: credentials that have expired are no hindrance."""
        return self.shop.as_(guest_of(self.request.headers))

    async def recognised(self) -> ShopOf:
        """The shop as whoever asks may use it, where nobody has to be known.

        Credentials that are not good, and cookies without the token of a page of ours, count as none.
        """
        try:
            return self.shop.as_(await actor_of(self.request.method, self.request.headers, self.shop, self.jar))
        except (Unauthenticated, Refusal):
            return self.door

    @property
    def view(self) -> ShopOf:
        """The shop as the one who asks may use it."""
        return self.shop.as_(self.actor)

    @property
    def public(self) -> ShopOf:
        """The shop as everybody sees it; the answer may be shared."""
        return self.shop.as_(Guest())

    def query(self, shape: type[T]) -> T:
        """The query string. Raises `Refusal`."""
        return read_query(shape, self.request.scope["query_string"])

    async def body(self) -> bytes:
        """The body as it came. Raises `Refusal` when the client goes away before it is whole."""
        try:
            return await self.request.body()
        except InternalServerException:  # Litestar's word for it; it is no failure of the shop's
            raise Refusal(400, "incomplete_body", "the body broke off") from None

    async def json(self, shape: type[T]) -> T:
        """The body. Raises `Refusal`."""
        return read_json(shape, await self.body(), self.request.headers)

    async def json_or(self, default: T) -> T:
        """The body, or the default where none was sent. Raises `Refusal`."""
        return await self.json(type(default)) if await self.body() else default

    def shown(self, answer: Answer) -> ASGIResponse:
        """Answer a read that belongs to one person."""
        return conditional(answer, self.request.headers.get("if-none-match")).to_asgi()

    async def once(self, run: Callable[[], Awaitable[Answer]], *, in_steps: bool = False) -> ASGIResponse:
        """Run an act; under an `Idempotency-Key` its effect happens once and its answer is kept with it.

        `in_steps` is for an act that calls another system on its way. An act whose operation says that it needs a key
        does not go without, and one that takes no body does not go with one. Raises `Refusal`.
        """
        operation: Operation = self.request.route_handler.opt[OPERATION]
        key = key_of(self.request.headers)
        body = await self.body()

        async def read() -> Answer:
            if operation.body is None:
                read_nothing(body)
            return await run()

        if key is None and not operation.requires(KEY):
            return (await read()).to_asgi()
        if operation.permission is not None:
            permit(self.actor, operation.permission)  # an answer that is kept is for who may still have it
        return await self._under_key(required_key(self.request.headers), body, read, in_steps=in_steps)

    async def reply(
        self,
        body: Awaitable[T],
        ask: Callable[[T], Awaitable[Reply]],
        shown: Callable[[CheckedOut], Answer],
        *,
        unread: T,
    ) -> ASGIResponse:
        """Answer an act of the core that keeps its replies under the key by itself.

        A body that cannot be read is put to it as `unread`, which it refuses, so that there is one claim on a key
        whatever it came with. What is said is why the body cannot be read: the same each time for the same body.
        """
        try:
            try:
                wanted = await body
            except Refusal as refusal:
                if refusal.status not in KEPT or key_of(self.request.headers) is None:
                    raise
                reply = await ask(unread)
                return marked(answer_to(refusal, reply.correlation_id), replayed=reply.replayed).to_asgi()
            return answer_of(await ask(wanted), shown).to_asgi()
        except NotFound as error:
            return await self._not_yours(error)

    async def _not_yours(self, error: NotFound) -> ASGIResponse:
        """Refuse what has no place to keep the refusal at; it is kept for whoever asked, if they show who they are."""
        if self.actor == Guest():
            raise error

        async def run() -> Answer:
            raise error

        return await self.once(run)

    async def _under_key(
        self, key: str, body: bytes, run: Callable[[], Awaitable[Answer]], *, in_steps: bool
    ) -> ASGIResponse:
        async def kept() -> bytes:
            try:
                return pack(await run())
            except Refusal as refusal:
                if refusal.status not in KEPT:
                    raise
                return pack(answer_to(refusal))

        answer = await self.shop.once(
            self.actor, act=self.act, key=key, body=body, run=kept, refused=pack_refusal, in_steps=in_steps
        )
        return unpack(answer.body, replayed=answer.replayed).to_asgi()

    @property
    def act(self) -> str:
        """What a key is for besides its owner: the address as routed, however many slashes it was written with."""
        return f"{self.request.method} {self.request.url.path}"


def jar_of(shop: Shop) -> Jar:
    """In development there is no HTTPS, and a cookie that needs it would not come back."""
    return Jar(is_secure=shop.settings.shop_env == "production")


async def visit(request: Request[Any, Any, Any]) -> Visit:
    """What Litestar injects. Raises `Refusal` for parameters where the route has none.

    Raises `Unauthenticated` for credentials that are not known, but where everybody sees the same nobody is asked.
    """
    operation: Operation | None = request.route_handler.opt.get(OPERATION)
    if operation is None:
        return Visit(request, Guest())
    if operation.query is None and not operation.oauth:
        read_query(NoParameters, request.scope["query_string"])
    return Visit(request, Guest() if operation.public else await _whoever(request, operation))


async def _whoever(request: Request[Any, Any, Any], operation: Operation) -> Actor:
    shop: Shop = request.app.state.shop
    try:
        actor = await actor_of(request.method, request.headers, shop, jar_of(shop))
    except Unauthenticated:
        if not (operation.lenient or (operation.leaving and "authorization" not in request.headers)):
            raise
        return Guest()
    if operation.permission is not None and isinstance(actor, Guest):
        raise Unauthenticated("this needs a signed-in member of staff")  # whatever order they show the secret of
    if not isinstance(actor, Guest) and shop.settings.rate_limits == "on":
        await count_actor(request.scope, name_of(actor), shop.hit)
    if operation.permission is not None and isinstance(actor, Customer):
        return await shop.admit_staff(actor)
    return actor
