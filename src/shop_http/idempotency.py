"""The `Idempotency-Key` header, and replies in the form in which they are kept under one."""

import hashlib
import re
from collections.abc import Callable

import msgspec
from litestar.datastructures import Headers

from shop_http.answers import Answer
from shop_http.errors import Refusal, answer_to
from shopcore.checkout.model import CheckedOut, Reply
from shopcore.kernel.errors import FieldError, ShopError

KEY = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"

KEPT = frozenset({400, 422})
"""HTTP's own refusals that answer the body that was sent; 413 and 415 are given before it is read, and not kept."""

KEY_RULE = (
    "For 24 hours the same key and body are given the first answer again, refusals included; another body, whether it "
    "can be read or not, is refused with 422 `idempotency_key_reused`. Not kept is what is refused before the body is "
    "read, or speaks only of the moment: 401, 413, 415, 429 and 5xx."
)

_SYNTAX = re.compile(r"[\x20-\x7e]{1,255}")

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Answer)


def key_of(headers: Headers) -> str | None:
    """The key, if there is one. Raises `Refusal` for one that is not 1 to 255 printable ASCII characters."""
    key = headers.get(KEY)
    if key is not None and not _SYNTAX.fullmatch(key):
        message = "must be 1 to 255 printable ASCII characters"
        raise Refusal.of(400, FieldError(field=KEY, code="invalid_idempotency_key", message=message))
    return key


def required_key(headers: Headers) -> str:
    """The key, where an act cannot go without. Raises `Refusal`."""
    key = key_of(headers)
    if key is None:
        message = "is required here, so that a repeated request does nothing twice"
        raise Refusal.of(400, FieldError(field=KEY, code="idempotency_key_required", message=message))
    return key


def fingerprint_of(body: bytes) -> str:
    """What a repeated request is compared by."""
    return hashlib.sha256(body).hexdigest()


def pack(answer: Answer) -> bytes:
    """An answer as it is kept."""
    return _encoder.encode(answer)


def unpack(kept: bytes, *, replayed: bool) -> Answer:
    """An answer that was kept, marked when it was given before."""
    return marked(_decoder.decode(kept), replayed=replayed)


def marked(answer: Answer, *, replayed: bool) -> Answer:
    """The answer, saying so when it was given before."""
    return answer.with_headers({REPLAYED: "true"}) if replayed else answer


def pack_refusal(error: ShopError) -> bytes:
    """A refusal as it is kept: told with the correlation id of the first request, which is this one."""
    return pack(answer_to(error))


def answer_of(reply: Reply, shown: Callable[[CheckedOut], Answer]) -> Answer:
    """What a keyed request of the core answers, rendered the same each time."""
    if isinstance(reply.outcome, CheckedOut):
        answer = shown(reply.outcome)
    else:
        answer = answer_to(reply.outcome.error(), reply.correlation_id)
    return marked(answer, replayed=reply.replayed)
