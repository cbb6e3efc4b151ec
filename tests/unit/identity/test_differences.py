"""What the audit log is told of a changed account: what differs, and nothing that is personal."""

import msgspec
import pytest
from hypothesis import given

from shopcore.identity.model import Account
from shopcore.identity.model.differences import MASKED, difference
from shopcore.testing.strategies.identity import accounts

pytestmark = pytest.mark.core

replace = msgspec.structs.replace


@given(accounts())
def test_of_what_stays_nothing_is_said(account: Account) -> None:
    """Nor of what is counted in passing: where somebody signed in from, how often it was written."""
    used = replace(account, version=account.version + 1, networks=("192.0.2.0",), credentials=account.credentials + 1)

    assert difference(account, account) == difference(account, used) == ({}, {})


@given(accounts(), accounts())
def test_what_is_said_goes_both_ways_and_names_no_value(before: Account, after: Account) -> None:
    there, back = difference(before, after), difference(after, before)

    assert (there.before, there.after) == (back.after, back.before)
    said = {*there.before.values(), *there.after.values()}
    states = {"yes", "no", "none", *(f"{count} of 2 agreed" for count in range(3))}
    proofs = {MASKED, "passkeys", "authenticator"}
    assert said <= {*states, *proofs, *(f"{each}, vouched for" for each in proofs)}


@given(accounts())
def test_what_was_not_there_is_not_there_before(account: Account) -> None:
    nameless, named = replace(account, name=None), replace(account, name="Ada")

    assert difference(nameless, named) == ({}, {"name": MASKED})
    assert difference(named, replace(named, name="Augusta")) == ({"name": MASKED}, {"name": MASKED})
    assert difference(named, nameless) == ({"name": MASKED}, {})
