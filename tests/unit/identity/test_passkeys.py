"""Passkeys, their challenges and known devices as pure functions: what holds whatever comes."""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.identity.test_model import Digest

from shopcore.identity.errors import InvalidPasskey, PasskeyNotFound, PasskeyTaken, TooManyPasskeys
from shopcore.identity.model import Account, Passkey, Use
from shopcore.identity.model.accounts import set_password
from shopcore.identity.model.challenges import LIFETIME, Ceremony, challenge_for, digest_of, over_at, require_own
from shopcore.identity.model.known_devices import LIFETIME as KNOWN_FOR
from shopcore.identity.model.known_devices import device_token, known_device
from shopcore.identity.model.passkeys import (
    MOST,
    add,
    checked_passkey_name,
    customer_of,
    find,
    find_credential,
    methods,
    remove,
    rename,
    used,
    user_handle,
)
from shopcore.kernel.errors import InvalidInput
from shopcore.kernel.ids import CustomerId, PasskeyId, uuid7
from shopcore.testing.contracts.samples import NOON
from shopcore.testing.strategies.identity import accounts, passkeys

pytestmark = pytest.mark.core

replace = msgspec.structs.replace
ceremonies, subjects = st.sampled_from(Ceremony), st.text(max_size=20)


@given(ceremonies, subjects, st.text(max_size=50))
def test_a_challenge_is_good_for_its_purpose_and_until_its_time(ceremony: Ceremony, subject: str, secret: str) -> None:
    challenge = challenge_for(Digest(), ceremony, subject, secret, NOON)
    last = NOON + LIFETIME - timedelta(seconds=1)

    require_own(Digest(), ceremony, subject, challenge, NOON)
    require_own(Digest(), ceremony, subject, challenge, last)
    assert over_at(challenge) == NOON + LIFETIME
    wrongs = [
        (Digest(), ceremony, subject, NOON + LIFETIME),
        (Digest(), ceremony, f"{subject}/", NOON),
        (Digest(b"other"), ceremony, subject, NOON),
        *((Digest(), other, subject, NOON) for other in set(Ceremony) - {ceremony}),
    ]
    for signer, purpose, whose, now in wrongs:
        with pytest.raises(InvalidPasskey):
            require_own(signer, purpose, whose, challenge, now)


@given(st.binary(max_size=100))
def test_no_other_bytes_are_a_challenge(raw: bytes) -> None:
    with pytest.raises(InvalidPasskey):
        require_own(Digest(), Ceremony.SIGN_IN, "", raw, NOON)


@given(st.lists(st.text(max_size=20), min_size=2, max_size=5, unique=True))
def test_no_two_challenges_are_alike(secrets: list[str]) -> None:
    made = [challenge_for(Digest(), Ceremony.SIGN_IN, "", secret, NOON) for secret in secrets]

    assert len(set(made)) == len({digest_of(one) for one in made}) == len(secrets)


@given(st.integers(0, 2**48 - 1), st.integers(0, 2**74 - 1))
def test_a_passkey_names_its_account(at: int, random: int) -> None:
    customer_id = CustomerId(uuid7(at, random))

    assert customer_of(user_handle(customer_id)) == customer_id


@given(st.none() | st.text(max_size=100))
def test_no_other_text_names_an_account(text: str | None) -> None:
    with pytest.raises(InvalidPasskey):
        customer_of(text)


@given(st.lists(passkeys(), max_size=6, unique_by=(lambda one: one.id, lambda one: one.credential)))
def test_an_account_keeps_the_passkeys_that_are_added(found: list[Passkey]) -> None:
    """In their order and each once; what is removed is gone, and what is renamed is otherwise what it was."""
    held: tuple[Passkey, ...] = ()
    for passkey in found:
        held = add(held, passkey)
        with pytest.raises(PasskeyTaken):
            add(held, replace(passkey, id=PasskeyId("another")))
    assert list(held) == found
    for passkey in found:
        assert find_credential(held, passkey.credential) == passkey
        assert find(rename(held, passkey.id, "other"), passkey.id) == replace(passkey, name="other")
        assert remove(held, passkey.id) == tuple(one for one in found if one is not passkey)
    for change in (remove, lambda all_, name: rename(all_, name, "x")):
        with pytest.raises(PasskeyNotFound):
            change(held, PasskeyId("unknown"))


@given(passkeys())
def test_an_account_has_so_many_passkeys_and_no_more(passkey: Passkey) -> None:
    held = tuple(replace(passkey, id=PasskeyId(f"{n}"), credential=f"{n}") for n in range(MOST))

    with pytest.raises(TooManyPasskeys):
        add(held, replace(passkey, id=PasskeyId("new"), credential="new"))


@given(passkeys(), st.lists(st.integers(0, 2**32 - 1), max_size=8))
def test_a_counter_never_goes_back(passkey: Passkey, counts: list[int]) -> None:
    held: tuple[Passkey, ...] = (passkey,)
    for count in counts:
        held = used(held, passkey.id, Use(sign_count=count, user_verified=True), NOON)

    assert held[0].sign_count == max([passkey.sign_count, *counts])
    assert held[0].last_used_at == (NOON if counts else passkey.last_used_at)


@given(passkeys(), st.booleans(), st.booleans())
def test_two_factors_are_said_to_be_two_and_one_is_not(passkey: Passkey, verified: bool, password: bool) -> None:
    """Of a passkey alone that verified nobody there is one."""
    said = methods(passkey, Use(sign_count=0, user_verified=verified), *(("pwd",) if password else ()))

    assert ("mfa" in said) is (verified or password)
    assert ("hwk" in said) is not passkey.synced


@pytest.mark.parametrize("name", ["", " ", "x" * 101, "a\nb", "\u202eevil"])
def test_a_name_that_is_none_or_does_more_than_read_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput):
        checked_passkey_name(name)


@given(accounts(), accounts(), st.text(max_size=20))
def test_a_device_is_known_to_its_account_until_its_time_or_another_password(
    account: Account, other: Account, secret: str
) -> None:
    token = device_token(Digest(), account, secret, NOON)
    end = NOON + KNOWN_FOR

    name = known_device(Digest(), account, token, NOON)
    assert name is not None
    assert known_device(Digest(), account, token, end - timedelta(seconds=1)) == name
    assert known_device(Digest(), account, token, end) is None
    assert known_device(Digest(), set_password(account, "another"), token, NOON) is None
    assert known_device(Digest(), replace(other, id=CustomerId(f"not {account.id}")), token, NOON) is None
    assert known_device(Digest(b"other"), account, token, NOON) is None


@given(accounts(), st.text(max_size=80))
def test_no_other_text_makes_a_device_known(account: Account, text: str) -> None:
    assert known_device(Digest(), account, text, NOON) is None
