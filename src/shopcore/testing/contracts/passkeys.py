"""The contract of `shopcore.identity.ports.Passkeys`."""

import base64
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from shopcore.identity.errors import InvalidPasskey, PasskeyCopied
from shopcore.identity.model import Passkey
from shopcore.identity.ports import Passkeys
from shopcore.kernel.ids import PasskeyId
from shopcore.testing.authenticator import HONEST, Authenticator, Lies, base64url
from shopcore.testing.contracts.samples import NOON

CHALLENGE = b"what is to be signed, as it is new"
OTHER = b"what was to be signed another time"

Make = Callable[..., Authenticator]

LIES = {
    "another site's page": Lies(origin="https://shop.example.evil.test"),
    "a page without TLS": Lies(origin="http://shop.example"),
    "a page of another port": Lies(origin="https://shop.example:8443"),
    "another site's key": Lies(domain="evil.test"),
    "another challenge": Lies(challenge=base64url(OTHER)),
    "inside a frame of another site": Lies(cross_origin=True),
    "nobody was there": Lies(is_present=False),
}


@pytest.mark.parametrize("synced", [False, True])
@pytest.mark.usefixtures("synced")
class PasskeysContract:
    """Override `passkeys`, with one for the origin of `authenticator`; `authenticator`, which may ask for `synced`; and
    `another`.
    """

    @pytest.fixture
    def passkeys(self) -> Passkeys:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def authenticator(self) -> Authenticator:
        pytest.fail("override this fixture with an authenticator")

    @pytest.fixture
    def another(self) -> Authenticator:
        pytest.fail("override this fixture with another authenticator")

    def test_a_passkey_is_known_again(self, passkeys: Passkeys, authenticator: Authenticator) -> None:
        """Made once, used twice; its counter grows, unless it is one that is synced."""
        passkey = made(passkeys, authenticator)
        first = passkeys.used(passkey, authenticator.use(asked(passkeys)), CHALLENGE)
        later = msgspec.structs.replace(passkey, sign_count=first.sign_count)
        second = passkeys.used(later, authenticator.use(asked(passkeys)), CHALLENGE)

        assert (first.user_verified, second.user_verified) == (True, True)
        assert passkey.synced == authenticator.synced
        assert (first.sign_count, second.sign_count) == ((0, 0) if authenticator.synced else (1, 2))

    def test_that_nobody_was_verified_is_told(self, passkeys: Passkeys, authenticator: Authenticator) -> None:
        """Whether that suffices is for others to say."""
        passkey = made(passkeys, authenticator, Lies(is_verified=False))
        use = passkeys.used(passkey, authenticator.use(asked(passkeys), Lies(is_verified=False)), CHALLENGE)

        assert use.user_verified is False

    def test_the_challenge_is_read_from_an_answer(self, passkeys: Passkeys, authenticator: Authenticator) -> None:
        """As it was given."""
        assert passkeys.challenge_in(authenticator.use(asked(passkeys)).client_data) == CHALLENGE

    def test_what_is_no_answer_has_no_challenge(self, passkeys: Passkeys) -> None:
        """Nothing, no base64, no object, no text; nested without end."""
        nested = base64url(b'{"challenge":' + b"[" * 10_000)
        for text in ("", "!", "e30", "W10", "bnVsbA", "=", "e30=", "\u00e9", "A" * 5, "_" * 10_000, nested):
            with pytest.raises(InvalidPasskey):
                passkeys.challenge_in(text)

    @pytest.mark.parametrize("lie", LIES)
    def test_a_lie_is_found_out(self, passkeys: Passkeys, authenticator: Authenticator, lie: str) -> None:
        """When a passkey is made, and when it is used."""
        with pytest.raises(InvalidPasskey):
            made(passkeys, authenticator, LIES[lie])
        passkey = made(passkeys, authenticator)
        with pytest.raises(InvalidPasskey):
            passkeys.used(passkey, authenticator.use(asked(passkeys), LIES[lie]), CHALLENGE)

    def test_making_and_using_are_told_apart(self, passkeys: Passkeys, authenticator: Authenticator) -> None:
        """What was signed for the one is no answer to the other."""
        with pytest.raises(InvalidPasskey):
            made(passkeys, authenticator, Lies(kind="webauthn.get"))
        passkey = made(passkeys, authenticator)
        with pytest.raises(InvalidPasskey):
            passkeys.used(passkey, authenticator.use(asked(passkeys), Lies(kind="webauthn.create")), CHALLENGE)

    def test_another_key_s_signature_is_none(
        self, passkeys: Passkeys, authenticator: Authenticator, another: Authenticator
    ) -> None:
        """Nor are another passkey's answer, and one that was changed afterwards."""
        passkey = made(passkeys, authenticator)
        good = authenticator.use(asked(passkeys))
        changed = bytearray(base64.urlsafe_b64decode(good.authenticator_data + "=="))
        changed[32] ^= 0x10
        for answer in (
            authenticator.use(asked(passkeys), Lies(signed_by=another.sign)),
            another.use(asked(passkeys)),
            another.use(asked(passkeys), Lies(credential=authenticator.identity)),
            msgspec.structs.replace(good, authenticator_data=base64url(bytes(changed))),
            msgspec.structs.replace(good, signature=""),
            msgspec.structs.replace(good, signature=base64url(b"no signature")),
        ):
            with pytest.raises(InvalidPasskey):
                passkeys.used(passkey, answer, CHALLENGE)

    def test_a_counter_that_does_not_grow_is_a_copy_s(self, passkeys: Passkeys, authenticator: Authenticator) -> None:
        """Once a passkey counts: the same number again, or a smaller one, 0 included (7.2, step 22)."""
        passkey = msgspec.structs.replace(made(passkeys, authenticator), sign_count=7)
        for counter in (0, 6, 7):
            with pytest.raises(PasskeyCopied):
                passkeys.used(passkey, authenticator.use(asked(passkeys), Lies(counter=counter)), CHALLENGE)
        elsewhere = authenticator.use(asked(passkeys), Lies(counter=0))
        with pytest.raises(InvalidPasskey):  # nobody is told of a copy by one who does not have the key
            passkeys.used(passkey, elsewhere, CHALLENGE[::-1])
        counted = authenticator.use(asked(passkeys), Lies(counter=8))
        assert passkeys.used(passkey, counted, CHALLENGE).sign_count == 8

    def test_a_key_of_another_kind_is_refused(self, passkeys: Passkeys, authenticator: Authenticator) -> None:
        """One that browsers were not offered, or that says to be another than it is, or with an id of no length."""
        for lies in (Lies(algorithm=-47), Lies(algorithm=-37), Lies(algorithm=-257), Lies(credential=bytes(32))):
            with pytest.raises(InvalidPasskey):
                made(passkeys, authenticator, lies)
        for length in (1, 15, 1024):
            with pytest.raises(InvalidPasskey):
                made(passkeys, replace(authenticator, identity=bytes(length)))

    def test_what_is_cut_short_is_refused(self, passkeys: Passkeys, authenticator: Authenticator) -> None:
        """At every byte; nothing that is sent ends in another error."""
        options, passkey = to_make(passkeys), made(passkeys, authenticator)
        new, use = authenticator.make(options), authenticator.use(asked(passkeys))
        for end in range(0, len(new.attestation_object), 3):
            cut = msgspec.structs.replace(new, attestation_object=new.attestation_object[:end])
            with pytest.raises(InvalidPasskey):
                passkeys.made(cut, CHALLENGE)
        for end in range(0, len(use.authenticator_data) - 1, 3):
            short = msgspec.structs.replace(use, authenticator_data=use.authenticator_data[:end])
            with pytest.raises(InvalidPasskey):
                passkeys.used(passkey, short, CHALLENGE)


def asked(passkeys: Passkeys) -> dict[str, Any]:
    """What a browser is asked by."""
    return {"challenge": base64url(CHALLENGE), "rpId": passkeys.domain}


def to_make(passkeys: Passkeys) -> dict[str, Any]:
    """What a browser makes a passkey from."""
    return {"challenge": base64url(CHALLENGE), "rp": {"id": passkeys.domain}, "user": {"id": "YW5u"}}


def made(passkeys: Passkeys, authenticator: Authenticator, lies: Lies = HONEST) -> Passkey:
    """A passkey that was verified."""
    attestation = authenticator.make(to_make(passkeys), lies)
    key = passkeys.made(attestation, CHALLENGE)
    return Passkey(
        id=PasskeyId("p1"),
        credential=attestation.credential,
        public_key=key.public_key,
        name="A key",
        created_at=NOON,
        sign_count=key.sign_count,
        synced=key.synced,
    )
