"""What is refused to those who say who may do what."""

from collections.abc import Iterable

from shopcore.kernel.errors import Conflict, Forbidden, NotFound, Unauthenticated


class RoleNotFound(NotFound):
    """No role has this name."""

    code = "role_not_found"

    def __init__(self) -> None:
        super().__init__("there is no such role")


class MemberNotFound(NotFound):
    """This person is no member of staff."""

    code = "staff_not_found"

    def __init__(self) -> None:
        super().__init__("there is no such member of staff")


class ApiKeyNotFound(NotFound):
    """No API key has this id."""

    code = "api_key_not_found"

    def __init__(self) -> None:
        super().__init__("there is no such API key")


class InvalidApiKey(Unauthenticated):
    """Unknown, revoked or expired: which of them is told to nobody."""

    code = "invalid_api_key"

    def __init__(self) -> None:
        super().__init__("this API key is not good here")


class NotStaff(Forbidden):
    """A customer who is signed in, and does not work here."""

    code = "not_staff"

    def __init__(self) -> None:
        super().__init__("this is for staff only")


class SecondFactorRequired(Forbidden):
    """Who works here signs in with a second factor, and this sign-in had none."""

    code = "second_factor_required"

    def __init__(self) -> None:
        super().__init__(
            "staff of this shop sign in with a second factor: set one up with POST /auth/mfa/totp, or a passkey with"
            " POST /auth/passkeys, and sign in again with it"
        )


class SecondFactorNotVouched(Forbidden):
    """Whoever knows the password can set up a first factor; that it is the owner's, nobody has said."""

    code = "second_factor_not_vouched"

    def __init__(self) -> None:
        super().__init__(
            "nobody has vouched for this second factor: follow the link of the mail that says that it was set up, or"
            " have a colleague vouch for it, and sign in again"
        )


class CannotGrant(Forbidden):
    """Nobody gives, or takes from others, what they do not have themselves."""

    code = "cannot_grant"

    def __init__(self, lacking: Iterable[str]) -> None:
        super().__init__(f"only somebody who has these permissions may do this: {', '.join(sorted(lacking))}")


class RoleBuiltIn(Conflict):
    """The roles that every shop has are what they are."""

    code = "role_built_in"

    def __init__(self) -> None:
        super().__init__("a built-in role cannot be changed or removed; make one of another name")


class RoleInUse(Conflict):
    """Somebody has this role."""

    code = "role_in_use"

    def __init__(self) -> None:
        super().__init__("members of staff have this role; give them others first")


class LastOwner(Conflict):
    """A shop has an owner."""

    code = "last_owner"

    def __init__(self) -> None:
        super().__init__("this is the shop's last owner; make somebody else one first")
