"""What goes back over the wire: bytes with their status and headers, and when a client has them already."""

import hashlib
from collections.abc import Mapping

import msgspec
from litestar import Response
from litestar.response.base import ASGIResponse

JSON = "application/json"
PRIVATE = "no-store"
"""For what belongs to one person: no cache may keep it."""
PUBLIC = "public, max-age=1"
"""For the catalogue: stock figures are at most a second old."""

_encoder = msgspec.json.Encoder()


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A reply that is ready to be sent, or to be kept and sent again."""

    body: bytes = b""
    status: int = 200
    media_type: str = JSON
    headers: dict[str, str] = {}
    cookies: tuple[str, ...] = ()

    def to_asgi(self) -> ASGIResponse:
        """As Litestar sends it."""
        return ASGIResponse(
            body=self.body,
            status_code=self.status,
            media_type=self.media_type,
            headers=dict(self.headers),
            encoded_headers=[(b"set-cookie", cookie.encode()) for cookie in self.cookies],
        )

    def to_response(self) -> Response[bytes]:
        """As Litestar's exception handlers want it."""
        return Response(
            content=self.body, status_code=self.status, media_type=self.media_type, headers=dict(self.headers)
        )

    def with_headers(self, headers: Mapping[str, str]) -> "Answer":
        """The same with more headers."""
        return msgspec.structs.replace(self, headers={**self.headers, **headers})


def json_answer(content: object, *, status: int = 200, cache: str = PRIVATE) -> Answer:
    """Encode a wire Struct; `cache` is the Cache-Control of the reply."""
    return Answer(body=_encoder.encode(content), status=status, headers={"cache-control": cache})


def no_content() -> Answer:
    """Done, and nothing to say (RFC 9110, 15.3.5)."""
    return Answer(status=204, headers={"cache-control": PRIVATE})


def etag_of(body: bytes) -> str:
    """A strong validator (RFC 9110, 8.8.3): equal tags mean equal bytes."""
    return f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'


def has_it_already(if_none_match: str | None, etag: str) -> bool:
    """Whether `If-None-Match` names the tag; compared weakly, as RFC 9110, 13.1.2 says for GET."""
    if not if_none_match:
        return False
    return any(tag.strip().removeprefix("W/") in {etag, "*"} for tag in if_none_match.split(","))


def conditional(answer: Answer, if_none_match: str | None) -> Answer:
    """The answer to a read with its ETag, or 304 when the client has just these bytes."""
    etag = etag_of(answer.body)
    tagged = answer.with_headers({"etag": etag})
    if not has_it_already(if_none_match, etag):
        return tagged
    return msgspec.structs.replace(tagged, status=304, body=b"")
