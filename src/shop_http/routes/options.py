"""What an address knows: Litestar's own answer names the methods of one handler where a path has several."""

from collections import defaultdict
from collections.abc import Iterable

from litestar import route
from litestar.handlers import HTTPRouteHandler
from litestar.response.base import ASGIResponse

from shop_http.answers import Answer


def options_of(handlers: Iterable[HTTPRouteHandler]) -> list[HTTPRouteHandler]:
    """One OPTIONS handler for each path. They must be registered before the others."""
    methods: defaultdict[str, set[str]] = defaultdict(lambda: {"OPTIONS"})
    for handler in handlers:
        for path in handler.paths:
            methods[path] |= {*handler.http_methods, *(("HEAD",) if "GET" in handler.http_methods else ())}
    return [_options(path, ", ".join(sorted(known))) for path, known in methods.items()]


def _options(path: str, allowed: str) -> HTTPRouteHandler:
    @route(path, http_method=["OPTIONS"], sync_to_thread=False)
    def options() -> ASGIResponse:
        return Answer(status=204, headers={"allow": allowed}).to_asgi()

    return options
