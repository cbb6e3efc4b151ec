"""Accounts, links and codes as pure functions: what holds whatever comes."""

import base64
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopcore.identity.errors import (
    AccountLocked,
    AddressNotFound,
    EmailNotVerified,
    InvalidLink,
    InvalidOneTimeCode,
    TooManyAddresses,
)
from shopcore.identity.model import Account, EmailChange, Purpose, SavedAddress, addresses
from shopcore.identity.model.accounts import (
    admit,
    agree_to_email_change,
    ask_email_change,
    checked_name,
    contest,
    lock,
    rehash,
    remember,
    set_password,
    settle_password,
    unlock,
    verify,
)
from shopcore.identity.model.links import LIFETIMES, link, read_link, require_genuine, token_of
from shopcore.identity.model.passwords import LONGEST, SHORTEST, checked_password, normal_password
from shopcore.identity.model.second_factor import (
    RECOVERY_CODES,
    SecondFactor,
    as_recovery_code,
    begin,
    confirm,
    in_use,
    take,
)
from shopcore.kernel.errors import InvalidInput
from shopcore.kernel.ids import AddressId
from shopcore.testing.contracts.identity_samples import an_account
from shopcore.testing.contracts.samples import NOON
from shopcore.testing.strategies.identity import accounts
from shopcore.testing.strategies.kernel import addresses as any_address

pytestmark = pytest.mark.core

replace = msgspec.structs.replace
COMMON = frozenset({"password1", "iloveyou"})


class Digest:
    """A signer that needs no key ring."""

    def __init__(self, key: bytes = b"key") -> None:
        self._key = key

    def sign(self, message: bytes, context: str) -> bytes:
        return hashlib.blake2b(message, key=self._key, person=context.encode()[:16], digest_size=32).digest()

    def signatures(self, message: bytes, context: str) -> Sequence[bytes]:
        return (self.sign(message, context),)

    def verifies(self, mac: bytes, message: bytes, context: str) -> bool:
        return mac == self.sign(message, context)[: len(mac)]


# ------------------------------------------------------------------------------------------------------------ passwords


@given(st.text(min_size=0, max_size=300))
def test_a_password_is_taken_as_a_whole_or_refused(text: str) -> None:
    """What is taken is in its normal form, of the right length and not common."""
    try:
        taken = checked_password(text, COMMON, personal=())
    except InvalidInput:
        return
    assert taken == normal_password(taken) == normal_password(text)
    assert SHORTEST <= len(taken) <= LONGEST
    assert taken.casefold() not in COMMON


@pytest.mark.parametrize("text", ["PASSWORD1", "Iloveyou", "\uff50assword1", "zzzzzzzz", "ZzZzZzZz"])
def test_common_passwords_are_common_in_any_letters(text: str) -> None:
    with pytest.raises(InvalidInput, match="tried first"):
        checked_password(text, COMMON, personal=())


@pytest.mark.parametrize("text", ["ann.buyer", "Ann.Buyer@post.example", "ANN THE BUYER"])
def test_what_the_account_says_is_no_password(text: str) -> None:
    with pytest.raises(InvalidInput, match="must not be your name"):
        checked_password(text, COMMON, personal=("ann.buyer@post.example", "Ann the Buyer"))


def test_a_very_long_text_costs_no_more_than_a_long_one() -> None:
    with pytest.raises(InvalidInput):
        checked_password("x\u0301" * 10_000_000, COMMON, personal=())


# ------------------------------------------------------------------------------------------------------------- accounts


@given(accounts(), st.sampled_from(["192.0.2.0", "198.51.100.0"]))
def test_a_password_that_somebody_else_may_have_chosen_does_not_stand(account: Account, network: str) -> None:
    """Nor their name, nor where they were; where it may be the same person nothing changes."""
    here = remember(account, ("192.0.2.0",))
    settled = settle_password(here, None, ("of a new key", network))

    if network == "192.0.2.0":
        assert settled == here
    else:
        assert (settled.password, settled.name, settled.networks) == (None, None, here.networks and ())
        assert settled.credentials == here.credentials + 1
    assert settle_password(here, "hash", (network,)) == set_password(here, "hash")


@given(accounts())
def test_another_password_makes_links_void(account: Account) -> None:
    """And a hash of another cost does not: it is the same password."""
    changed = set_password(account, "another")

    assert changed.credentials == account.credentials + 1
    assert rehash(changed, "another", "dearer") == replace(changed, password="dearer")
    assert rehash(changed, "what it was", "dearer") == changed


@given(accounts())
def test_a_contested_account_is_nobody_s(account: Account) -> None:
    """Unless its mailbox has been verified: then nobody can do anything to it. Doing it again changes nothing."""
    contested = contest(account)

    assert contest(contested) == contested
    if account.verified_at is None:
        assert (contested.password, contested.name) == (None, None)
    else:
        assert contested == account


@given(accounts())
def test_who_is_let_in_is_verified_and_not_locked(account: Account) -> None:
    try:
        assert admit(account) == account
    except AccountLocked:
        assert account.locked_at is not None
    except EmailNotVerified:
        assert (account.locked_at, account.verified_at) == (None, None)
    else:
        assert account.verified_at is not None
        assert account.locked_at is None
    assert lock(lock(account, NOON), NOON + timedelta(1)).locked_at == (account.locked_at or NOON)
    assert unlock(lock(account, NOON)).locked_at is None


@given(st.lists(st.sampled_from("abcdefghijklmnop"), max_size=40))
def test_the_latest_networks_are_remembered_once_each(networks: list[str]) -> None:
    account = an_account("ann")
    for network in networks:
        account = remember(account, (network, f"{network} of an old key"))
    latest = list(dict.fromkeys(networks[::-1]))[:10][::-1]

    assert list(account.networks) == latest


def test_a_mailbox_is_verified_once() -> None:
    account = replace(an_account("ann"), verified_at=None)

    assert verify(account, NOON).verified_at == NOON
    with pytest.raises(InvalidLink):
        verify(verify(account, NOON), NOON)


@pytest.mark.parametrize("order", [(True, False), (False, True)])
def test_an_address_changes_when_both_mailboxes_agree(order: tuple[bool, bool]) -> None:
    """Whichever is first; each once; and links that were mailed before are void."""
    change = EmailChange(id="c", email="new@post.example", asked_at=NOON)
    asked = ask_email_change(an_account("ann"), change)
    once = agree_to_email_change(asked, "c", by_new=order[0])
    with pytest.raises(InvalidLink):
        agree_to_email_change(once, "c", by_new=order[0])
    done = agree_to_email_change(once, "c", by_new=order[1])

    assert once.email == asked.email
    assert (done.email, done.email_change) == ("new@post.example", None)
    assert done.credentials == asked.credentials + 1
    another = replace(change, id="d", asked_at=NOON + timedelta(hours=1))
    for late in (done, ask_email_change(once, another)):
        with pytest.raises(InvalidLink):
            agree_to_email_change(late, "c", by_new=order[1])


def test_who_asks_for_the_same_address_again_has_the_link_that_came() -> None:
    """Within the minute in which there is no second mail; later, and for another address, it is another change."""
    first = EmailChange(id="c", email="new@post.example", asked_at=NOON)
    asked = ask_email_change(an_account("ann"), first)
    again = replace(first, id="d", asked_at=NOON + timedelta(seconds=59))

    assert ask_email_change(asked, again) == asked
    for other in (replace(again, asked_at=NOON + timedelta(minutes=1)), replace(again, email="else@post.example")):
        assert ask_email_change(asked, other).email_change == other


@pytest.mark.parametrize(("name", "kept"), [(None, None), ("  ", None), (" Ann ", "Ann"), ("\u5b89", "\u5b89")])
def test_a_name_is_kept_as_it_reads(name: str | None, kept: str | None) -> None:
    assert checked_name(name) == kept


@pytest.mark.parametrize("name", ["x" * 201, "\x1b[2J", "a\nb", "\u202eevil"])
def test_a_name_that_does_more_than_read_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput):
        checked_name(name)


@given(st.lists(any_address(), min_size=1, max_size=6))
def test_an_address_book_keeps_what_is_put_in(found: list[SavedAddress]) -> None:
    """In its order; what is replaced stays in its place, what is removed is gone."""
    book: tuple[SavedAddress, ...] = ()
    saved = [SavedAddress(id=AddressId(str(number)), address=each) for number, each in enumerate(found)]  # type: ignore[arg-type]
    for one in saved:
        book = addresses.add(book, one)
    assert list(book) == saved
    other = replace(saved[0], address=saved[-1].address)
    assert addresses.replace(book, other)[0] == other
    assert addresses.remove(book, saved[0].id) == tuple(saved[1:])
    for act in (addresses.find, addresses.remove):
        with pytest.raises(AddressNotFound):
            act(book, AddressId("unknown"))
    with pytest.raises(TooManyAddresses):
        addresses.add(book * 50, saved[0])


# ---------------------------------------------------------------------------------------------------------------- links


@given(accounts(), st.sampled_from(Purpose), st.text(max_size=20))
def test_a_link_is_good_for_its_account_as_it_is_and_until_its_time(
    account: Account, purpose: Purpose, subject: str
) -> None:
    token = token_of(Digest(), link(purpose, account, NOON, subject), account)
    claimed = read_link(token, purpose)
    genuine = partial(require_genuine, Digest(), token, claimed)
    end = NOON + LIFETIMES[purpose]

    assert (claimed.customer_id, claimed.subject) == (account.id, subject)
    genuine(account, NOON)
    genuine(account, end - timedelta(seconds=1))
    changed = set_password(account, None)
    if purpose is Purpose.PROOF:
        genuine(changed, NOON)
    for state, now in (
        (account, end),
        *([] if purpose is Purpose.PROOF else [(changed, NOON)]),
        (replace(account, email=f"x{account.email}"), NOON),
    ):
        with pytest.raises(InvalidLink):
            genuine(state, now)
    with pytest.raises(InvalidLink):
        require_genuine(Digest(b"other"), token, claimed, account, NOON)
    for other in set(Purpose) - {purpose}:
        with pytest.raises(InvalidLink):
            read_link(token, other)


@given(st.text(max_size=100) | st.binary(max_size=100).map(lambda raw: base64.b64encode(raw).decode()))
def test_no_other_text_is_a_link(text: str) -> None:
    with pytest.raises(InvalidLink):
        read_link(text, *Purpose)


# -------------------------------------------------------------------------------------------------------- second factor


@given(st.lists(st.integers(0, 12), max_size=20))
def test_no_code_counts_twice(steps: list[int]) -> None:
    """Whatever order codes come in: of those that are taken, each is of a later step than the one before."""
    factor = confirm(begin(None, "SECRET"), 3, (), NOON)
    taken = [3]
    for step in steps:
        try:
            factor = take(factor, step, "")
            taken.append(step)
        except InvalidOneTimeCode:
            assert step <= taken[-1]

    assert taken == sorted(set(taken))


@given(st.lists(st.sampled_from("abcde"), max_size=12))
def test_no_recovery_code_counts_twice(codes: list[str]) -> None:
    factor = confirm(begin(None, "SECRET"), 3, ("a", "b", "c"), NOON)
    taken = []
    for code in codes:
        try:
            factor = take(factor, None, code)
            taken.append(code)
        except InvalidOneTimeCode:
            assert code in taken or code not in "abc"

    assert taken == list(dict.fromkeys(code for code in codes if code in "abc"))


def test_what_is_not_confirmed_is_not_in_use() -> None:
    waiting = begin(None, "SECRET")

    assert in_use(None) is in_use(waiting) is None
    assert begin(waiting, "OTHER") == SecondFactor(secret="OTHER")
    assert in_use(confirm(waiting, 1, (), datetime(2026, 1, 1, tzinfo=UTC))) is not None


@given(
    st.lists(st.text("ABCDEFabcdefghijkl0123456789-_", min_size=43, max_size=43), min_size=2, max_size=5, unique=True)
)
def test_recovery_codes_can_be_copied_by_hand(secrets: list[str]) -> None:
    """Without letters that look like others, in groups; made of enough of the secret to be told apart."""
    for secret in secrets:
        code = as_recovery_code(secret + "abcdefghjkmnpqrstuvw")

        assert [len(group) for group in code.split("-")] == [5, 5, 5, 5]
        assert not set(code) & set("ilo01")
    assert RECOVERY_CODES == 10
