"""A second factor: codes of an authenticator (RFC 6238), each good once, or passkeys, and recovery codes for when they
are lost.
"""

from datetime import datetime

import msgspec

from shopcore.identity.errors import InvalidOneTimeCode, SecondFactorOff, SecondFactorOn
from shopcore.kernel.sealing import token_hash

RECOVERY_CODES = 10


class SecondFactor(msgspec.Struct, frozen=True, kw_only=True):
    """`secret` is base 32; `last_step` is the time step of the last code that was taken; `recovery` are hashes.

    Without a secret it is the account's passkeys that are asked for. Until its first code has come (`confirmed_at`)
    nothing asks for it. `vouched_at` is since when it is known to be the owner's.
    """

    secret: str | None = None
    confirmed_at: datetime | None = None
    last_step: int = -1
    recovery: tuple[str, ...] = ()
    vouched_at: datetime | None = None


def begin(factor: SecondFactor | None, secret: str) -> SecondFactor:
    """A secret that waits for its first code; one that waited before is forgotten. Raises `SecondFactorOn`."""
    if factor is not None and factor.confirmed_at is not None:
        raise SecondFactorOn
    return SecondFactor(secret=secret)


def confirm(
    factor: SecondFactor | None, step: int | None, recovery: tuple[str, ...], at: datetime, *, vouched: bool = False
) -> SecondFactor:
    """Take it into use with its first code, and these recovery codes.

    Raises `SecondFactorOff` if none waits, `SecondFactorOn`, `InvalidOneTimeCode`.
    """
    if factor is None:
        raise SecondFactorOff
    if factor.confirmed_at is not None:
        raise SecondFactorOn
    if step is None:
        raise InvalidOneTimeCode
    hashes = tuple(recovery_hash(code) for code in recovery)
    since = at if vouched else None
    return msgspec.structs.replace(factor, confirmed_at=at, last_step=step, recovery=hashes, vouched_at=since)


def by_passkeys(
    factor: SecondFactor | None, recovery: tuple[str, ...], at: datetime, *, vouched: bool = False
) -> SecondFactor:
    """From now on one of the account's passkeys is asked for, or one of these codes. Raises `SecondFactorOn`."""
    if in_use(factor) is not None:
        raise SecondFactorOn
    hashes = tuple(recovery_hash(code) for code in recovery)
    return SecondFactor(confirmed_at=at, recovery=hashes, vouched_at=at if vouched else None)


def is_by_passkeys(factor: SecondFactor | None) -> bool:
    """Whether it is passkeys that are asked for."""
    return factor is not None and factor.confirmed_at is not None and factor.secret is None


def take(factor: SecondFactor, step: int | None, code: str) -> SecondFactor:
    """What is left after this code: `step` is that of a right one of the authenticator. Raises `InvalidOneTimeCode`.

    No code counts twice (RFC 6238, 5.2): neither one of a step up to the last one, nor a recovery code.
    """
    if step is not None:
        if step <= factor.last_step:
            raise InvalidOneTimeCode
        return msgspec.structs.replace(factor, last_step=step)
    hashed = recovery_hash(code)
    if hashed not in factor.recovery:
        raise InvalidOneTimeCode
    return msgspec.structs.replace(factor, recovery=tuple(known for known in factor.recovery if known != hashed))


def renew_recovery(factor: SecondFactor | None, recovery: tuple[str, ...]) -> SecondFactor:
    """These codes in the place of those that are left. Raises `SecondFactorOff`."""
    held = in_use(factor)
    if held is None:
        raise SecondFactorOff
    return msgspec.structs.replace(held, recovery=tuple(recovery_hash(code) for code in recovery))


def in_use(factor: SecondFactor | None) -> SecondFactor | None:
    """The factor, once it was confirmed."""
    return factor if factor is not None and factor.confirmed_at is not None else None


def recovery_hash(code: str) -> str:
    """As people copy it: with or without hyphens and spaces, in any case."""
    return token_hash("".join(letter for letter in code.casefold() if letter.isalnum()))


def as_recovery_code(secret: str) -> str:
    """Twenty characters of a random secret in groups, without what can be misread: some 95 bits.

    `secret` is long enough that what is left out does not matter.
    """
    letters = [letter for letter in secret.casefold() if letter in "abcdefghjkmnpqrstuvwxyz23456789"]
    return "-".join("".join(letters[start : start + 5]) for start in range(0, 20, 5))
