"""The OpenAPI document, and a page to browse it that loads nothing from another host."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from litestar import Request, get
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response.base import ASGIResponse

from shop_http.answers import Answer, conditional

_FOLDER = Path(__file__).parent.parent / "static"
_MEDIA_TYPES: Mapping[str, str] = MappingProxyType(
    {".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".svg": "image/svg+xml"}
)
_FILES = frozenset(path.name for path in _FOLDER.iterdir() if path.suffix in _MEDIA_TYPES)
_REVALIDATE = "no-cache"  # the next version of the shop has other files under the same names


@get("/openapi.json")
async def openapi(request: Request[None, None, State]) -> ASGIResponse:
    """The document, made once at start-up."""
    answer = Answer(body=request.app.state.openapi, headers={"cache-control": _REVALIDATE})
    return conditional(answer, request.headers.get("if-none-match")).to_asgi()


@get("/docs")
async def docs(request: Request[None, None, State]) -> ASGIResponse:
    """The page."""
    return _file("docs.html", request)


@get("/static/{name:str}")
async def static(request: Request[None, None, State], name: FromPath[str]) -> ASGIResponse:
    """What the pages load."""
    if name not in _FILES:
        raise NotFoundException
    return _file(name, request)


def _file(name: str, request: Request[None, None, State]) -> ASGIResponse:
    path = _FOLDER / name
    media_type = _MEDIA_TYPES[path.suffix]
    answer = Answer(body=path.read_bytes(), media_type=media_type, headers={"cache-control": _REVALIDATE})
    return conditional(answer, request.headers.get("if-none-match")).to_asgi()
