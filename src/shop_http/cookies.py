"""Sessions of browsers: tokens in cookies that no script can read, and a token against forged requests.

The cookies hold what an app would keep: the access token and the refresh token of a session, each `HttpOnly`. `__Host-`
binds a cookie to this host and to HTTPS (RFC 6265bis, 4.1.3); development has no HTTPS, and goes without. A request
that changes something and is authenticated by a cookie needs `X-CSRF-Token`: a MAC of the session, which a page of
ours was told when it signed in, and no other page can read or make (OWASP, signed double-submit bound to the session).
"""

from collections.abc import Callable

import msgspec
from litestar.datastructures import Headers

from shop_http.answers import Answer
from shop_http.errors import Refusal

CSRF = "X-CSRF-Token"

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_LONGEST = 8_192  # characters of a Cookie header that are looked at
_DEVICE_SECONDS = 180 * 24 * 3600  # as long as its token is good
_REFRESH_SECONDS = 30 * 24 * 3600  # as long as a session that nobody uses lasts


class Jar(msgspec.Struct, frozen=True, kw_only=True):
    """The names of the cookies, and whether they travel over HTTPS alone."""

    is_secure: bool

    @property
    def access(self) -> str:
        """The cookie of the access token."""
        return "__Host-shop-access" if self.is_secure else "shop-access"

    @property
    def refresh(self) -> str:
        """The cookie of the refresh token."""
        return "__Host-shop-refresh" if self.is_secure else "shop-refresh"

    @property
    def device(self) -> str:
        """The cookie that a device is known by. It signs nobody in, and stays when somebody signs out."""
        return "__Host-shop-device" if self.is_secure else "shop-device"

    def filled(self, answer: Answer, *, access: str, refresh: str, expires_in: int, device: str = "") -> Answer:
        """The answer with the cookies of a session, and with that of the device where there is a new one."""
        cookies = (
            self._cookie(self.access, access, expires_in),
            self._cookie(self.refresh, refresh, _REFRESH_SECONDS),
            *((self._cookie(self.device, device, _DEVICE_SECONDS),) if device else ()),
        )
        return msgspec.structs.replace(answer, cookies=cookies)

    def emptied(self, answer: Answer) -> Answer:
        """The answer that takes the cookies of the session away."""
        return msgspec.structs.replace(
            answer, cookies=(self._cookie(self.access, "", 0), self._cookie(self.refresh, "", 0))
        )

    def _cookie(self, name: str, value: str, seconds: int) -> str:
        secure = "; Secure" if self.is_secure else ""
        return f"{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"


def cookie_of(headers: Headers, name: str) -> str | None:
    """A cookie's value; None where it is not there, or comes more than once, as when somebody planted another."""
    text = "; ".join(headers.getall("cookie", []))
    if f"{name}=" not in text or len(text) > _LONGEST:
        return None
    pairs = (part.strip().partition("=") for part in text.split(";"))
    values = [value for found, _, value in pairs if found == name]
    return values[0] if len(values) == 1 else None


def require_own_page(method: str, headers: Headers, is_page_token: Callable[[str], bool]) -> None:
    """Raise `Refusal` for a request that changes something unless it carries the token of a page of ours."""
    if method in _SAFE or is_page_token(headers.get(CSRF, "")):
        return
    raise Refusal(403, "csrf_token_required", f"a request with cookies that changes something needs {CSRF}")
