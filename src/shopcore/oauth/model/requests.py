"""What an app asks of a person (RFC 6749, 4.1.1, with PKCE of RFC 7636), step by step."""

import base64
import hashlib
import hmac
import re

import msgspec

from shopcore.oauth.errors import InvalidRequest, UnsupportedResponseType
from shopcore.oauth.model.clients import Client
from shopcore.oauth.model.redirects import matches

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_LONGEST_STATE = 1_024


class AuthorizationRequest(msgspec.Struct, frozen=True, kw_only=True):
    """As it came; nothing of it was looked at yet."""

    client_id: str = ""
    redirect_uri: str | None = None
    response_type: str | None = None
    scope: str | None = None
    state: str | None = None
    code_challenge: str | None = None
    code_challenge_method: str | None = None


def redirect_of(request: AuthorizationRequest, client: Client) -> str:
    """Where the person is to be sent back to. Raises `InvalidRequest`: then they must not be sent anywhere.

    It may be left out where one address is registered.
    """
    asked = request.redirect_uri
    if asked is None and len(client.redirect_uris) == 1:
        return client.redirect_uris[0]
    if asked is None or not any(matches(registered, asked) for registered in client.redirect_uris):
        raise InvalidRequest("redirect_uri", "is not one that was registered for this client")
    return asked


def challenge_of(request: AuthorizationRequest) -> str:
    """The challenge of a request that asks for a code. Raises `UnsupportedResponseType` or `InvalidRequest`.

    There is always one, of the method S256: `plain` shows the verifier to whoever sees the request (RFC 9700, 2.1.1).
    """
    if request.response_type is None:
        raise InvalidRequest("response_type", "is required")
    if request.response_type != "code":
        raise UnsupportedResponseType
    if request.state is not None and len(request.state) > _LONGEST_STATE:
        raise InvalidRequest("state", f"must be at most {_LONGEST_STATE} characters")
    if request.code_challenge is None or not _CHALLENGE.fullmatch(request.code_challenge):
        raise InvalidRequest("code_challenge", "is required: 43 characters, the SHA-256 of the verifier in base64url")
    if request.code_challenge_method != "S256":
        raise InvalidRequest("code_challenge_method", "must be S256")
    return request.code_challenge


def is_verified(challenge: str, verifier: str) -> bool:
    """Whether the challenge was made of this verifier (RFC 7636, 4.6)."""
    if not _VERIFIER.fullmatch(verifier):
        return False
    made = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    return hmac.compare_digest(made, challenge)
