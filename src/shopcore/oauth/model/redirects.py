"""Where a person is sent back to: addresses that were registered, compared letter by letter (RFC 9700, 4.1.3).

The one exception is the port of a loopback address, which a program on a desk gets from its system each time anew
(RFC 8252, 7.3).
"""

import re
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

MAX_REDIRECTS = 10
_LONGEST = 512
_VISIBLE = re.compile(r"[!-~]+")
_LOOPBACK = re.compile(r"http://(127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?(/[^#]*)?")
_SCHEME = re.compile(r"([a-z][a-z0-9+-]*)(\.[a-z0-9+-]+)+")


def problem_of(uri: str) -> str | None:
    """Why an address cannot be registered, or None where it can."""
    if len(uri) > _LONGEST or not _VISIBLE.fullmatch(uri):
        return f"must be at most {_LONGEST} visible ASCII characters"
    if "#" in uri or "\\" in uri or "*" in uri:
        return "must have no fragment, no backslash and no wildcard"
    try:
        parts = urlsplit(uri)
        has_user = "@" in parts.netloc
        host = parts.hostname
    except ValueError:
        return "is not an address"
    if has_user:
        return "must name no user"
    if parts.scheme == "https":
        return None if host else "must name a host"
    if parts.scheme == "http":
        message = "must be https; http is for http://127.0.0.1 and http://[::1] alone"
        return None if _LOOPBACK.fullmatch(uri) else message
    if not _SCHEME.fullmatch(parts.scheme):
        return "must be https, a loopback address, or a scheme of a domain of yours, such as com.example.app:/back"
    return None


def matches(registered: str, asked: str) -> bool:
    """Whether somebody may be sent there: the very same, but for the port of a loopback address."""
    if registered == asked:
        return True
    one, other = _LOOPBACK.fullmatch(registered), _LOOPBACK.fullmatch(asked)
    if one is None or other is None:
        return False
    return (one[1], one[3] or "") == (other[1], other[3] or "") and _is_port(other[2])


def place_of(uri: str) -> str:
    """What a person agrees to go back to: the address, whatever the port of a loopback address is this time."""
    local = _LOOPBACK.fullmatch(uri)
    return uri if local is None else f"http://{local[1]}{local[3] or ''}"


def is_assured(uri: str) -> bool:
    """Whether only the client's own site or app can be at that address: a domain is somebody's, a scheme is nobody's.

    Elsewhere another program may pose as the client, so the person is asked each time (RFC 8252, 8.6).
    """
    return uri.startswith("https:")


def with_query(uri: str, parameters: Mapping[str, str]) -> str:
    """The address with these parameters; a query that it has stays (RFC 6749, 3.1.2)."""
    return f"{uri}{'&' if '?' in uri else '?'}{urlencode(parameters)}"


def _is_port(text: str | None) -> bool:
    return text is None or 0 < int(text[1:]) < 65_536
