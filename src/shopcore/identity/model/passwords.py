"""What a password may be: NIST SP 800-63B (5.1.1.2 and appendix A) and OWASP's Authentication Cheat Sheet.

Length counts, composition does not; any character is welcome; what everybody tries first, and what can be read off the
account itself, is refused.
"""

import unicodedata
from collections.abc import Container

from shopcore.kernel.errors import InvalidInput

SHORTEST = 8
LONGEST = 256
_LONGEST_AS_SENT = 4 * LONGEST  # the normal form is never shorter by more than that


def normal_password(text: str) -> str:
    """The form that is hashed: NFKC, so that two keyboards that write one password differently agree."""
    return unicodedata.normalize("NFKC", text[: _LONGEST_AS_SENT + 1])


def checked_password(text: str, common: Container[str], *, personal: tuple[str, ...], field: str = "password") -> str:
    """A new password in its normal form. `common` are known ones in lower case, `personal` what the account says.

    Raises `InvalidInput`, which never repeats any of it.
    """
    password = normal_password(text)
    if len(password) < SHORTEST or len(password) > LONGEST:
        message = f"must have {SHORTEST} to {LONGEST} characters"
        raise InvalidInput.of(field, "invalid_length", message)
    folded = password.casefold()
    if folded in common or len(set(folded)) == 1:
        raise InvalidInput.of(field, "common_password", "is one of the passwords that are tried first; take another")
    if folded in _readable_from(personal):
        raise InvalidInput.of(field, "personal_password", "must not be your name or e-mail address")
    return password


def _readable_from(personal: tuple[str, ...]) -> set[str]:
    texts = {normal_password(text).casefold() for text in personal}
    return texts | {text.partition("@")[0] for text in texts}
