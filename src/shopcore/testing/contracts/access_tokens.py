"""The contract of `shopcore.identity.ports.AccessTokens`."""

import base64
import json
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from shopcore.identity.errors import InvalidAccessToken
from shopcore.identity.model import AccessClaims
from shopcore.identity.ports import AccessTokens
from shopcore.kernel.ids import CustomerId, SessionId
from shopcore.testing.contracts.samples import NOON

CLAIMS = AccessClaims(
    customer_id=CustomerId("ann"),
    session_id=SessionId("telephone"),
    issued_at=NOON,
    expires_at=NOON + timedelta(minutes=10),
    authenticated_at=NOON - timedelta(days=1),
    methods=("pwd", "otp", "mfa"),
)


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any], str]:
    """Header and payload of a JWT, and the text of its signature."""
    header, payload, signature = token.split(".")
    return _decoded(header), _decoded(payload), signature


def written(header: dict[str, Any], payload: dict[str, Any], signature: str) -> str:
    """A JWT of those parts."""
    return f"{_encoded(header)}.{_encoded(payload)}.{signature}"


class AccessTokensContract:
    """Override `tokens`; `stranger`, with other keys; and `rotated`, with a new first key before those of `tokens`."""

    @pytest.fixture
    def tokens(self) -> AccessTokens:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def stranger(self) -> AccessTokens:
        pytest.fail("override this fixture with the port under other keys")

    @pytest.fixture
    def rotated(self) -> AccessTokens:
        pytest.fail("override this fixture with the port under a new key that has the old ones beside it")

    def test_reading_undoes_issuing(self, tokens: AccessTokens) -> None:
        """To the second, and whatever the time is now."""
        assert tokens.read(tokens.issue(CLAIMS)) == CLAIMS
        late = msgspec.structs.replace(CLAIMS, issued_at=NOON + timedelta(days=9_999), methods=())
        assert tokens.read(tokens.issue(late)) == late

    def test_a_key_that_is_not_at_hand_is_refused(self, tokens: AccessTokens, stranger: AccessTokens) -> None:
        """Also under the name of one that is."""
        header, payload, signature = parts(stranger.issue(CLAIMS))
        for token in (
            stranger.issue(CLAIMS),
            written({**header, "kid": parts(tokens.issue(CLAIMS))[0]["kid"]}, payload, signature),
        ):
            with pytest.raises(InvalidAccessToken):
                tokens.read(token)

    def test_old_keys_still_count(self, tokens: AccessTokens, rotated: AccessTokens) -> None:
        """Nobody is signed out by a rotation; the new key is not known to who does not have it."""
        assert rotated.read(tokens.issue(CLAIMS)) == CLAIMS
        with pytest.raises(InvalidAccessToken):
            tokens.read(rotated.issue(CLAIMS))

    def test_the_keys_are_public_and_named(self, tokens: AccessTokens, rotated: AccessTokens) -> None:
        """The signing one first, each by the name that its tokens bear, none with its secret part."""
        names = [key["kid"] for key in rotated.public_keys()]

        assert names[0] == parts(rotated.issue(CLAIMS))[0]["kid"]
        assert names[1] == parts(tokens.issue(CLAIMS))[0]["kid"]
        assert len(set(names)) == len(names)
        assert all({"kty", "kid", "alg", "use"} <= set(key) and "d" not in key for key in rotated.public_keys())

    def test_a_changed_token_is_refused(self, tokens: AccessTokens) -> None:
        """In any of its parts."""
        header, payload, signature = parts(tokens.issue(CLAIMS))
        forged = (
            written(header, {**payload, "sub": "eve"}, signature),
            written(header, {**payload, "exp": payload["exp"] + 1}, signature),
            written({**header, "typ": "JWT"}, payload, signature),
            written(header, payload, signature[:-4] + "AAAA"),
            written(header, payload, ""),
        )
        for token in forged:
            with pytest.raises(InvalidAccessToken):
                tokens.read(token)

    @pytest.mark.parametrize("text", ["", ".", "..", "a.b.c", "null", "\ud800", "é.é.é", "e30.e30.", "A" * 100_000])
    def test_what_is_no_token_is_refused(self, tokens: AccessTokens, text: str) -> None:
        """By that error and no other."""
        with pytest.raises(InvalidAccessToken):
            tokens.read(text)


def _decoded(part: str) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return decoded


def _encoded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
