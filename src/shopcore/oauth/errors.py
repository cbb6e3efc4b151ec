"""What is refused to apps and integrations, by the names that RFC 6749 (5.2, 4.1.2.1) has for it.

A `detail` here is told to a client as `error_description`: it holds no quotes, no backslash and nothing but ASCII.
"""

from shopcore.kernel.errors import Conflict, FieldError, Forbidden, NotFound, Rejected, Unauthenticated


class InvalidRequest(Rejected):
    """Something is missing, there twice, or not of the form that it must have."""

    code = "invalid_request"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field} {message}", errors=[FieldError(field=field, code=self.code, message=message)])


class UnknownClient(Rejected):
    """No client has this id, or none any more. Told to who came to authorize it, never by a redirect."""

    code = "unknown_client"

    def __init__(self) -> None:
        super().__init__("there is no such client")


class InvalidClient(Unauthenticated):
    """No such client, or another secret, or none where there has to be one: the answers are the same."""

    code = "invalid_client"

    def __init__(self) -> None:
        super().__init__("this client is not known here, or did not show its secret as it must")


class InvalidGrant(Rejected):
    """The code or token is not good, not any more, or was not given to this client."""

    code = "invalid_grant"

    def __init__(self) -> None:
        super().__init__("this is not valid here, or not any more, or was given to another client")


class UnauthorizedClient(Rejected):
    """A client that acts for people does not act for itself, and the other way round."""

    code = "unauthorized_client"

    def __init__(self) -> None:
        super().__init__("this client was not registered for this kind of grant")


class UnsupportedGrantType(Rejected):
    """There is no such way to a token."""

    code = "unsupported_grant_type"

    def __init__(self) -> None:
        super().__init__("grant_type must be authorization_code, refresh_token or client_credentials")


class UnsupportedResponseType(Rejected):
    """The implicit flow is gone (RFC 9700, 2.1.2)."""

    code = "unsupported_response_type"

    def __init__(self) -> None:
        super().__init__("response_type must be code")


class InvalidScope(Rejected):
    """Not a scope, or not one that this client may have."""

    code = "invalid_scope"

    def __init__(self) -> None:
        super().__init__("scope names something that this client cannot be given")


class AccessDenied(Forbidden):
    """The person does not let the app."""

    code = "access_denied"

    def __init__(self) -> None:
        super().__init__("the person did not agree")


class ClientNotFound(NotFound):
    """No client has this id."""

    code = "oauth_client_not_found"

    def __init__(self) -> None:
        super().__init__("there is no such client")


class NoSecret(Conflict):
    """A public client has none, so that there is none to change."""

    code = "oauth_client_is_public"

    def __init__(self) -> None:
        super().__init__("a public client has no secret")


class NoRedirects(Conflict):
    """A client that acts for itself sends nobody anywhere, and stays what it is."""

    code = "oauth_client_acts_for_itself"

    def __init__(self) -> None:
        super().__init__("this client acts for itself and has no redirect addresses")


class GrantNotFound(NotFound):
    """Nothing was given under this id, or it is forgotten by now."""

    code = "oauth_grant_not_found"

    def __init__(self) -> None:
        super().__init__("there is no such grant")


class ConsentNotFound(NotFound):
    """The customer lets no such app do anything."""

    code = "app_not_found"

    def __init__(self) -> None:
        super().__init__("there is no such app in your account")
