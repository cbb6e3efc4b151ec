"""Codes of an authenticator, by the `pyotp` library."""

import hmac
from datetime import datetime

import pyotp

_SECONDS = 30
_DIGITS = 6
_STEPS = (0, -1, 1)  # RFC 6238, 5.2: a code that was read just before it changed, and a clock that is a little off


class TotpCodes:
    """RFC 6238 with what every authenticator assumes: SHA-1, six digits, 30 seconds."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer

    def new_secret(self) -> str:
        """160 random bits, as RFC 4226, 4 asks for."""
        return pyotp.random_base32(length=32)

    def uri(self, secret: str, name: str) -> str:
        """See the port."""
        return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=self._issuer)

    def step_of(self, secret: str, code: str, now: datetime) -> int | None:
        """See the port."""
        digits = "".join(code.split())
        if len(digits) != _DIGITS or not (digits.isascii() and digits.isdigit()):
            return None
        totp, present = pyotp.TOTP(secret), int(now.timestamp()) // _SECONDS
        steps = [present + step for step in _STEPS if present + step >= 0]
        return next((step for step in steps if hmac.compare_digest(totp.generate_otp(step), digits)), None)
