"""What an act changed of an account, for the audit log: which things and how they stand, and nothing that is personal.

The log is never rewritten, so nothing may stand in it that a person can ask to have forgotten: of a name or an
address it says that there is one, and that it is another one.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from shopcore.identity.model.accounts import Account
from shopcore.identity.model.passkeys import Passkey
from shopcore.identity.model.second_factor import SecondFactor, in_use

MASKED = "***"


class Changed(NamedTuple):
    """How the things that differ stood, and stand; one that is missing was not there."""

    before: Mapping[str, str]
    after: Mapping[str, str]


class _Fact(NamedTuple):
    name: str
    value: object
    shown: str


def difference(before: Account, after: Account) -> Changed:
    """What differs. Of two equal accounts, nothing."""
    was, is_now = ({fact.name: fact for fact in _facts(each)} for each in (before, after))
    names = [name for name in (was | is_now) if _value(was, name) != _value(is_now, name)]
    return Changed(
        before={name: was[name].shown for name in names if name in was},
        after={name: is_now[name].shown for name in names if name in is_now},
    )


def _value(facts: Mapping[str, _Fact], name: str) -> object:
    return facts[name].value if name in facts else None


def _facts(account: Account) -> Iterator[_Fact]:
    yield _Fact("email", account.email, MASKED)
    if account.name is not None:
        yield _Fact("name", account.name, MASKED)
    if account.locale is not None:
        yield _Fact("locale", account.locale, MASKED)
    if account.password is not None:
        yield _Fact("password", account.password, MASKED)
    if account.unwanted:
        yield _Fact("unwanted", account.unwanted, " ".join(account.unwanted))
    yield _Fact("verified", account.verified_at is not None, _yes(account.verified_at is not None))
    yield _Fact("locked", account.locked_at is not None, _yes(account.locked_at is not None))
    yield _Fact("second_factor", (_kind(account), account.second_factor), _kind(account))
    if account.email_change is not None:
        agreed = sum((account.email_change.old_agreed, account.email_change.new_agreed))
        yield _Fact("email_change", account.email_change, f"{agreed} of 2 agreed")
    for passkey in account.passkeys:
        yield _Fact(
            f"passkey:{passkey.id}", (passkey.public_key, passkey.name, passkey.vouched_at), _known(MASKED, passkey)
        )
    for saved in account.addresses:
        yield _Fact(f"address:{saved.id}", saved.address, MASKED)


def _kind(account: Account) -> str:
    factor = in_use(account.second_factor)
    if factor is None:
        return "none"
    return _known("passkeys" if factor.secret is None else "authenticator", factor)


def _known(shown: str, proof: SecondFactor | Passkey) -> str:
    return shown if proof.vouched_at is None else f"{shown}, vouched for"


def _yes(said: bool) -> str:  # noqa: FBT001 - the one thing that it says
    return "yes" if said else "no"
