"""One request and the shop that it came to: the single object that every handler is given."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from litestar import Request
from litestar.response.base import ASGIResponse

from shop_http.answers import Answer, conditional
from shop_http.auth import actor_of
from shop_http.errors import Refusal, answer_to
from shop_http.idempotency import key_of, pack, pack_refusal, unpack
from shop_http.openapi import OPERATION
from shop_http.reading import NoParameters, read_json, read_query
from shopcore.kernel.actor import Guest
from shopcore.shop import Shop, ShopOf

T = TypeVar("T")


class Visit:
    """Reads what was sent, says who sent it, and answers."""

    __slots__ = ("_actor", "request", "shop")

    def __init__(self, request: Request[Any, Any, Any]) -> None:
        self.request = request
        self.shop: Shop = request.app.state.shop
        self._actor: Guest | None = None

    @property
    def actor(self) -> Guest:
        """Who asks. Raises `Unauthenticated` for credentials that are not known."""
        if self._actor is None:
            self._actor = actor_of(self.request.headers)
        return self._actor

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

    async def json(self, shape: type[T]) -> T:
        """The body. Raises `Refusal`."""
        return read_json(shape, await self.request.body(), self.request.headers.get("content-type"))

    async def json_or(self, default: T) -> T:
        """The body, or the default where none was sent. Raises `Refusal`."""
        return await self.json(type(default)) if await self.request.body() else default

    def shown(self, answer: Answer) -> ASGIResponse:
        """Answer a read that belongs to one person."""
        return conditional(answer, self.request.headers.get("if-none-match")).to_asgi()

    async def once(self, run: Callable[[], Awaitable[Answer]], *, in_steps: bool = False) -> ASGIResponse:
        """Run an act; under an `Idempotency-Key` its effect happens once and its answer is kept with it.

        `in_steps` is for an act that calls another system on its way.
        """
        key = key_of(self.request.headers)
        body = await self.request.body()
        if key is None:
            return (await run()).to_asgi()
        return await self._under_key(key, body, run, in_steps=in_steps)

    async def refuse_once(self, refusal: Refusal) -> ASGIResponse:
        """Refuse what could not be read where the core keeps answers, so that this one is kept as well.

        Raises the refusal itself where there is no key, or nobody it could belong to.
        """
        key = key_of(self.request.headers)
        if key is None or self.actor == Guest():
            raise refusal

        async def run() -> Answer:
            raise refusal

        return await self._under_key(key, await self.request.body(), run, in_steps=False)

    async def _under_key(
        self, key: str, body: bytes, run: Callable[[], Awaitable[Answer]], *, in_steps: bool
    ) -> ASGIResponse:
        async def kept() -> bytes:
            try:
                return pack(await run())
            except Refusal as refusal:
                return pack(answer_to(refusal))

        answer = await self.shop.once(
            self.actor, act=self.act, key=key, body=body, run=kept, refused=pack_refusal, in_steps=in_steps
        )
        return unpack(answer.body, replayed=answer.replayed).to_asgi()

    @property
    def act(self) -> str:
        """What a key is for besides its owner."""
        return f"{self.request.method} {self.request.url.path}"


def visit(request: Request[Any, Any, Any]) -> Visit:
    """What Litestar injects. Raises `Refusal` for parameters where the route has none."""
    operation = request.route_handler.opt.get(OPERATION)
    if operation is not None and operation.query is None:
        read_query(NoParameters, request.scope["query_string"])
    return Visit(request)
