"""Forms and query strings as OAuth has them, and the credentials of clients (RFC 6749, 3.1, 3.2 and 2.3.1).

What is empty is as good as left out, what is not known is passed over, and what is there twice is refused.
"""

import base64
import binascii
from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote_plus

from shop_http.errors import Refusal
from shopcore.oauth.errors import InvalidClient

FORM = "application/x-www-form-urlencoded"

_MAX_PARAMETERS = 50
_LONGEST_CREDENTIALS = 1_024  # characters of an Authorization header


def read_parameters(text: bytes) -> dict[str, str]:
    """What a form or a query string says. Raises `Refusal`."""
    try:
        pairs = parse_qsl(text.decode(), errors="strict", max_num_fields=_MAX_PARAMETERS, separator="&")
    except ValueError:
        raise _invalid(f"the parameters must be UTF-8, and at most {_MAX_PARAMETERS}") from None
    parameters = dict(pairs)
    if len(parameters) < len(pairs):
        raise _invalid("a parameter must be given once")
    return parameters


def read_form(body: bytes, headers: Mapping[str, str]) -> dict[str, str]:
    """The form in a body. Raises `Refusal`."""
    if headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise _invalid(f"the body must be {FORM}")
    return read_parameters(body)


def read_credentials(form: Mapping[str, str], authorization: str | None) -> tuple[str, str | None]:
    """Which client somebody says they are, and its secret: of the header (Basic), or of the form; of one of them.

    Raises `Refusal`, or `InvalidClient` for a header of another kind.
    """
    if authorization is None:
        return form.get("client_id", ""), form.get("client_secret")
    client_id, secret = _basic(authorization)
    if "client_secret" in form:
        raise _invalid("a client must show its secret in one way, not in two")
    if form.get("client_id", client_id) != client_id:
        raise _invalid("client_id must be that of the Authorization header")
    return client_id, secret


def _basic(authorization: str) -> tuple[str, str]:
    scheme, _, credentials = authorization[:_LONGEST_CREDENTIALS].partition(" ")
    try:
        text = base64.b64decode(credentials.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        text = ""
    client_id, colon, secret = text.partition(":")
    if scheme.lower() != "basic" or not colon:
        raise InvalidClient
    return unquote_plus(client_id), unquote_plus(secret)


def _invalid(detail: str) -> Refusal:
    return Refusal(400, "invalid_request", detail)
