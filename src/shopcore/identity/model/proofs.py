"""Second factors and passkeys that somebody vouches for: that they were set up by the account's owner.

Whoever knows a password can set up the first factor of an account that has none. So it proves little until the mailbox
says that it is its owner's, or somebody who knows them does. What comes later is vouched for by what there was before.
"""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple, TypeVar

import msgspec

from shopcore.identity.errors import InvalidLink, NoCodesLeft, OtherProofs
from shopcore.identity.model.accounts import Account
from shopcore.identity.model.passkeys import Passkey
from shopcore.identity.model.second_factor import SecondFactor, in_use, is_by_passkeys
from shopcore.identity.model.sessions import MAIL, MULTIPLE, VOUCHED
from shopcore.kernel.actor import SignIn, StepUpRequired

_FACTOR = "factor/"
CODE = "otp"  # as RFC 8176, 2 calls it
_BY_WHAT_COUNTS = "by a code or passkey that is known to be theirs"
_BY_A_CODE = "by a code of the second factor"

_P = TypeVar("_P", SecondFactor, Passkey)


class Proof(NamedTuple):
    """One of them, as it is told to those who are to know it again: `name` is what it is called in a link."""

    kind: str
    name: str
    since: datetime
    is_vouched_for: bool


def vouches(methods: Collection[str]) -> bool:
    """Whether a session by these methods vouches for what is set up in it: opened by such a proof, or by a mail."""
    return VOUCHED in methods or MAIL in methods


def require_as_good(account: Account, came: SignIn | None) -> None:
    """Raise `StepUpRequired` where what they came by is not vouched for, unless it is a code of this factor, and nobody
    has vouched for that either. Raise `NoCodesLeft` where neither can be.

    Else whoever set up a passkey or a factor of their own before, by the password alone, would have codes that count:
    now, or once the owner vouches for theirs.
    """
    factor = in_use(account.second_factor)
    if factor is None or factor.confirmed_at is None or came is None or vouches(came.methods):
        return
    if factor.vouched_at is not None:
        raise StepUpRequired(_BY_WHAT_COUNTS)
    if CODE not in came.methods or came.at < factor.confirmed_at:
        if is_by_passkeys(factor) and not factor.recovery and not is_vouched(account):
            raise NoCodesLeft
        raise StepUpRequired(_BY_A_CODE)


def require_no_less(proof: SecondFactor | Passkey, came: SignIn | None) -> None:
    """Raise `StepUpRequired` where this counts, and what they came by does not: only what counts takes it off.

    Else whoever knows the password would take off all that the owner enters by. Who has lost it asks the mailbox, or a
    colleague.
    """
    if proof.vouched_at is not None and came is not None and not vouches(came.methods):
        raise StepUpRequired(_BY_WHAT_COUNTS)


def by_code(factor: SecondFactor) -> tuple[str, ...]:
    """How somebody showed who they are: by the password, and by a code of this factor."""
    shown = ("pwd", CODE, MULTIPLE)
    return shown if factor.vouched_at is None else (*shown, VOUCHED)


def factor_since(at: datetime) -> str:
    """What the factor that was taken into use then is called in a link; a passkey is called by its id."""
    return f"{_FACTOR}{at.isoformat()}"


def is_factor(proof: str) -> bool:
    """Whether it is a factor that is called so, and no passkey."""
    return proof.startswith(_FACTOR)


def has(account: Account, proof: str) -> bool:
    """Whether that factor, or the passkey of that id, is the account's still."""
    factor = in_use(account.second_factor)
    return (factor is not None and _name_of(factor) == proof) or any(each.id == proof for each in account.passkeys)


def proofs_of(account: Account) -> tuple[Proof, ...]:
    """The factor that is in use: `authenticator`, or `passkeys` where those are asked for. Then each passkey."""
    factor, found = in_use(account.second_factor), []
    if factor is not None and factor.confirmed_at is not None:
        kind = "passkeys" if is_by_passkeys(factor) else "authenticator"
        found.append(Proof(kind, _name_of(factor), factor.confirmed_at, factor.vouched_at is not None))
    keys = (Proof("passkey", key.id, key.created_at, key.vouched_at is not None) for key in account.passkeys)
    return (*found, *keys)


def is_vouched(account: Account) -> bool:
    """Whether there is one that somebody vouched for."""
    return any(proof.is_vouched_for for proof in proofs_of(account))


def vouch(account: Account, at: datetime, proof: str) -> Account:
    """It counts from now on. Raises `InvalidLink` where it is gone."""
    if not has(account, proof):
        raise InvalidLink
    factor = in_use(account.second_factor)
    if factor is not None and proof == _name_of(factor):
        account = msgspec.structs.replace(account, second_factor=_vouched(factor, at))
    passkeys = tuple(_vouched(each, at) if proof == each.id else each for each in account.passkeys)
    return msgspec.structs.replace(account, passkeys=passkeys)


def vouch_for(account: Account, at: datetime, meant: Collection[str]) -> Account:
    """These count from now on. Raises `OtherProofs` where one is gone, or there is another that nobody vouched for.

    A stranger's, set up beside the owner's or since somebody looked, is a reason to stop, and not to go on without it.
    """
    known = {proof.name: proof.is_vouched_for for proof in proofs_of(account)}
    if not {name for name, vouched in known.items() if not vouched} <= set(meant) <= set(known):
        raise OtherProofs
    for each in meant:
        account = vouch(account, at, each)
    return account


def disown(account: Account, proof: str) -> Account:
    """Without it, all else that nobody vouched for, and the password, by which they came there.

    Raises `InvalidLink` where it is gone. Who says that one is somebody else's says that of the password too, and so of
    what needed no more than that: else whoever knew it would enter by another one, or lock the owner out.

    With the last passkey goes that passkeys are asked for: else only who had it, with its recovery codes, would get in.
    That stays where it counts and was so before this passkey came: its owner has the codes, and a mailbox is no way
    round what was there. Links that were mailed stay good: nobody can spoil the one by which another password is set.
    """
    if not has(account, proof):
        raise InvalidLink
    left = tuple(each for each in account.passkeys if each.id != proof and each.vouched_at is not None)
    is_kept = not is_factor(proof) and _outlives(account, proof, left)
    return msgspec.structs.replace(
        account, password=None, passkeys=left, second_factor=account.second_factor if is_kept else None
    )


def _outlives(account: Account, passkey: str, left: Collection[Passkey]) -> bool:
    factor = in_use(account.second_factor)
    if factor is None or factor.confirmed_at is None or factor.vouched_at is None:
        return False
    came = next(each.created_at for each in account.passkeys if each.id == passkey)
    return bool(left) or not is_by_passkeys(factor) or factor.confirmed_at < came


def without_passkeys(account: Account) -> Account:
    """Without any, and without being asked for one where nobody vouched for that.

    Whoever knew the password can have set that up, and nobody else has its recovery codes.
    """
    factor = account.second_factor
    is_theirs = factor is not None and (factor.vouched_at is not None or not is_by_passkeys(factor))
    return msgspec.structs.replace(account, passkeys=(), second_factor=factor if is_theirs else None)


def _name_of(factor: SecondFactor) -> str:
    assert factor.confirmed_at is not None, "one that waits has no name yet"
    return factor_since(factor.confirmed_at)


def _vouched(proof: _P, at: datetime) -> _P:
    return proof if proof.vouched_at is not None else msgspec.structs.replace(proof, vouched_at=at)
