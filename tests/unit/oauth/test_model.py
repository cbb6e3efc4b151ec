"""What holds of codes, addresses, challenges and consents, whatever comes."""

import base64
import hashlib
import string
from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from shopcore.kernel.ids import CustomerId, SessionId
from shopcore.oauth.errors import InvalidGrant, InvalidScope
from shopcore.oauth.model import ClientGrant, CodeGrant
from shopcore.oauth.model.clients import scopes_of
from shopcore.oauth.model.consents import covers, widened
from shopcore.oauth.model.grants import CODE_LIFETIME, Proof, Shown, code_of, end_token, is_good, read_code, take
from shopcore.oauth.model.redirects import matches, place_of, problem_of, with_query
from shopcore.oauth.model.requests import is_verified
from shopcore.testing.contracts.oauth import PROOF, VERIFIER, a_code, a_token
from shopcore.testing.contracts.samples import NOON

pytestmark = pytest.mark.core

HERE = "https://app.example/back"
SCOPES = ("cart", "orders", "profile")
IDS = st.builds(
    lambda bits: f"{bits[:8]}-{bits[8:12]}-7{bits[13:16]}-8{bits[17:20]}-{bits[20:]}",
    st.text("0123456789abcdef", min_size=32, max_size=32),
)
VERIFIERS = st.text(string.ascii_letters + string.digits + "-._~", min_size=43, max_size=128)


class Signer:
    """A MAC without a key: what the model makes of one is looked at here, not how good it is."""

    def sign(self, message: bytes, context: str) -> bytes:
        return hashlib.sha256(context.encode() + b"\0" + message).digest()

    def signatures(self, message: bytes, context: str) -> Sequence[bytes]:
        return (self.sign(message, context),)

    def verifies(self, mac: bytes, message: bytes, context: str) -> bool:
        return mac == self.sign(message, context)


@given(grant_id=IDS)
def test_a_code_names_its_grant_and_shows_no_more(grant_id: str) -> None:
    """The same each time, and readable in a query without a change."""
    code = code_of(Signer(), grant_id)

    assert read_code(Signer(), code) == grant_id
    assert code == code_of(Signer(), grant_id)
    assert set(code) <= set(string.ascii_letters + string.digits + "-_")


@given(grant_id=IDS, place=st.integers(0, 63), letter=st.sampled_from(string.ascii_letters))
def test_a_code_that_was_changed_is_none(grant_id: str, place: int, letter: str) -> None:
    """Wherever, unless by a bit that base64 throws away."""
    code = code_of(Signer(), grant_id)
    changed = code[:place] + letter + code[place + 1 :]
    assume(base64.urlsafe_b64decode(changed + "==") != base64.urlsafe_b64decode(code + "=="))

    with pytest.raises(InvalidGrant):
        read_code(Signer(), changed)


@given(text=st.text(max_size=100))
def test_what_nobody_gave_is_no_code(text: str) -> None:
    with pytest.raises(InvalidGrant):
        read_code(Signer(), text)


@given(verifier=VERIFIERS, other=VERIFIERS)
def test_a_challenge_has_one_verifier(verifier: str, other: str) -> None:
    assume(verifier != other)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")

    assert is_verified(challenge, verifier)
    assert not is_verified(challenge, other)
    assert not is_verified(verifier, verifier)


@given(asked=st.lists(st.sampled_from([*SCOPES, "everything"])))
def test_scopes_are_those_that_are_allowed_or_refused(asked: list[str]) -> None:
    """Sorted, each once; none is all of them, and never one more."""
    try:
        given_scopes = scopes_of(" ".join(asked), SCOPES)
    except InvalidScope:
        assert "everything" in asked
        return
    assert "everything" not in asked
    assert given_scopes == (tuple(sorted(set(asked))) or SCOPES)


@given(
    first=st.sets(st.sampled_from(SCOPES)),
    then=st.sets(st.sampled_from(SCOPES)),
    asked=st.sets(st.sampled_from(SCOPES)),
)
def test_a_consent_grows_and_covers_what_was_agreed_to(first: set[str], then: set[str], asked: set[str]) -> None:
    """And nothing beyond it."""
    once = widened(None, CustomerId("ann"), "app", first, NOON, redirect=HERE)
    twice = widened(once, CustomerId("ann"), "app", then, NOON, redirect=HERE)

    assert covers(twice, asked, HERE) is (asked <= first | then)
    assert not covers(twice, asked, "https://elsewhere.example/back")
    assert not covers(None, asked, HERE)


WORDS = st.text(string.ascii_lowercase, min_size=1, max_size=6)
ADDRESSES = st.one_of(
    st.builds("https://{}.example/{}".format, WORDS, WORDS),
    st.builds("com.example.{}:/{}".format, WORDS, WORDS),
    st.builds("http://127.0.0.1:{}/{}".format, st.integers(1, 65_535), WORDS),
    st.builds("http://[::1]/{}".format, WORDS),
)


@given(one=ADDRESSES, other=ADDRESSES)
def test_an_address_matches_itself_and_a_loopback_one_any_port(one: str, other: str) -> None:
    assert problem_of(one) is None
    assert matches(one, one)
    assert place_of(one) == place_of(other) or not matches(one, other)
    without_port = [urlsplit(each)._replace(netloc=urlsplit(each).hostname or "").geturl() for each in (one, other)]
    is_loopback = one.startswith("http:") and other.startswith("http:")
    assert matches(one, other) is (one == other or (is_loopback and without_port[0] == without_port[1]))


@given(uri=ADDRESSES, parameters=st.dictionaries(WORDS, st.text(max_size=20), min_size=1))
def test_what_is_sent_back_is_what_is_read_there(uri: str, parameters: dict[str, str]) -> None:
    """Whatever is in it, the address stays and no parameter becomes another."""
    assume(not any("\ud800" <= letter <= "\udfff" for value in parameters.values() for letter in value))
    for before in ("", "?kept=1"):
        location = with_query(uri + before, parameters)

        assert location.startswith(uri)
        read = parse_qsl(urlsplit(location).query, keep_blank_values=True)
        assert read == [*([("kept", "1")] if before else []), *parameters.items()]
        assert location.isascii()
        assert location.isprintable()


@given(uri=st.text(max_size=40) | st.builds("{}:{}".format, WORDS, st.text(max_size=20)))
def test_an_address_that_can_be_registered_is_somebody_s(uri: str) -> None:
    """Nothing that a browser runs, nothing in the clear, nothing that anybody can have."""
    if problem_of(uri) is None:
        scheme = urlsplit(uri).scheme
        assert scheme == "https" or "." in scheme or uri.startswith(("http://127.0.0.1", "http://[::1]"))
        assert "#" not in uri


class GrantMachine(RuleBasedStateMachine):
    """A code and a token of an integration: whoever comes, whenever, in any order.

    One session comes of a code at most, within its time and for its client alone; what was used stays used, and what
    has ended stays ended.
    """

    @initialize()
    def are_given(self) -> None:
        self.code: CodeGrant = a_code("code")
        self.token: ClientGrant = a_token("token")
        self.now, self.was_over = NOON, False
        self.taken: list[SessionId | None] = []

    @rule(seconds=st.integers(0, 40))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(
        client=st.sampled_from(["app", "other"]),
        verifier=st.sampled_from([VERIFIER, "x" * 43]),
        back=st.sampled_from([None, "com.example.app:/back", "https://evil.example"]),
        number=st.integers(),
    )
    def shows_the_code(self, client: str, verifier: str, back: str | None, number: int) -> None:
        proof, before = Proof(client_id=client, verifier=verifier, redirect_uri=back), self.code
        is_right = (client, verifier) == (PROOF.client_id, VERIFIER) and back != "https://evil.example"
        try:
            after, shown = take(before, proof, SessionId(f"s{number}"), self.now)
        except InvalidGrant:
            assert client != "app" or before.session_id is None
            assert not is_right or self.now >= NOON + CODE_LIFETIME
            return
        assert isinstance(after, CodeGrant)
        if shown is Shown.TAKEN:
            assert is_right
            assert self.now < NOON + CODE_LIFETIME
            self.taken.append(after.session_id)
        else:
            assert after == before
        self.code = after

    @rule(client=st.sampled_from(["system", "app"]))
    def revokes_the_token(self, client: str) -> None:
        try:
            after = end_token(self.token, client, self.now)
        except InvalidGrant:
            assert client != "system"
            return
        assert isinstance(after, ClientGrant)
        self.token = after

    @invariant()
    def holds(self) -> None:
        is_over = not is_good(self.token, "system", self.now)
        assert is_over or not self.was_over
        assert not is_good(self.token, "other", self.now)
        assert not is_good(self.code, "app", self.now)
        self.was_over = is_over
        assert self.taken == ([] if self.code.session_id is None else [self.code.session_id])


GrantMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=25)
TestGrants = GrantMachine.TestCase
