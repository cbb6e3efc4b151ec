"""Headers that protect whoever opens an answer in a browser."""

from functools import lru_cache

ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=()"),
)

ONLY_HTTPS = (b"strict-transport-security", b"max-age=31536000")

_CSP = b"content-security-policy"
_DATA = (_CSP, b"default-src 'none'; frame-ancestors 'none'")
_PAGE = b"object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
# Swagger UI draws its icons from data: addresses and styles parts of itself in place.
_DOCS = (
    _CSP,
    b"default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; form-action 'none'; " + _PAGE,
)
_FORM = (_CSP, b"default-src 'none'; img-src 'self'; style-src 'self'; form-action 'self'; " + _PAGE)
_POLICIES = {"/docs": _DOCS, "/bogus/actions/{charge_id}": _FORM}


@lru_cache(maxsize=256)
def headers_for(route: str, scheme: str) -> tuple[tuple[bytes, bytes], ...]:
    """What an answer of that route carries."""
    policy = _POLICIES.get(route, _DATA)
    return (*ALWAYS, policy, ONLY_HTTPS) if scheme == "https" else (*ALWAYS, policy)
