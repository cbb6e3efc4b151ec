"""What accounts refuse. Whoever does not know the password learns nothing about an account from any of these."""

from shopcore.kernel.errors import (
    Conflict,
    FieldError,
    Forbidden,
    NotFound,
    RateLimited,
    Rejected,
    Unauthenticated,
    Unavailable,
)


class InvalidCredentials(Unauthenticated):
    """No such account, or another password: the two answers are the same, and take the same time."""

    code = "invalid_credentials"

    def __init__(self) -> None:
        super().__init__("the e-mail address or the password is not right")


class MfaRequired(Unauthenticated):
    """The password is right; the account asks for a code as well."""

    code = "mfa_required"

    def __init__(self) -> None:
        super().__init__("a code of the authenticator or a recovery code is needed as `otp`, or a passkey as `passkey`")


class AccountNotShown(Unauthenticated):
    """Whoever follows the link has the new mailbox; that the account is theirs too is to be shown."""

    code = "account_not_shown"

    def __init__(self) -> None:
        super().__init__("sign in to the account that asks for this address, or send its `password` beside the token")


class InvalidOneTimeCode(Unauthenticated):
    """The password is right; the code is wrong, too old, or was used before."""

    code = "invalid_otp"

    def __init__(self) -> None:
        super().__init__("the code is not right, or was used already")


class AccountLocked(Forbidden):
    """Staff have locked the account; told only to one who knows the password."""

    code = "account_locked"

    def __init__(self) -> None:
        super().__init__("this account is locked")


class EmailNotVerified(Forbidden):
    """Nobody has shown yet that the mailbox is theirs; told only to one who knows the password."""

    code = "email_not_verified"

    def __init__(self) -> None:
        super().__init__("the e-mail address is to be verified first, by the link that was mailed to it")


class TooManyAttempts(RateLimited):
    """Too many tries to get in, from here or for this address, whether there is such an account or not."""

    code = "too_many_attempts"

    def __init__(self, retry_after: float) -> None:
        super().__init__("too many attempts; wait a little", retry_after=retry_after)


class InvalidAccessToken(Unauthenticated):
    """Not signed by this shop, expired, or of a session that has ended."""

    code = "invalid_access_token"

    def __init__(self) -> None:
        super().__init__("the access token is not valid here, or not any more")


class InvalidRefreshToken(Unauthenticated):
    """Not made by this shop, or of a session that has ended."""

    code = "invalid_refresh_token"

    def __init__(self) -> None:
        super().__init__("the refresh token is not valid here, or not any more")


class TokenReused(Unauthenticated):
    """A refresh token came a second time, so two parties have it: the session is ended for both."""

    code = "token_reused"

    def __init__(self) -> None:
        super().__init__("this refresh token was used before; its session has been ended")


class InvalidLink(Rejected):
    """The token of a mailed link is not one of this shop's, too old, or was used already."""

    code = "invalid_link"

    def __init__(self) -> None:
        message = "is not valid, or not any more; ask for a new mail"
        super().__init__(f"the token {message}", errors=[FieldError(field="token", code=self.code, message=message)])


class EmailTaken(Conflict):
    """Another account has this e-mail address; told only to one who has shown that the mailbox is theirs."""

    code = "email_taken"

    def __init__(self) -> None:
        super().__init__("another account has this e-mail address")


class AccountNotFound(NotFound):
    """There is no such account, or none any more."""

    code = "account_not_found"

    def __init__(self) -> None:
        super().__init__("there is no such account")


class SessionNotFound(NotFound):
    """No such session, or somebody else's, or one that has ended."""

    code = "session_not_found"

    def __init__(self) -> None:
        super().__init__("there is no such session")


class AddressNotFound(NotFound):
    """The address book has no such entry."""

    code = "address_not_found"

    def __init__(self) -> None:
        super().__init__("there is no such address in the address book")


class TooManyAddresses(Conflict):
    """The address book is full."""

    code = "too_many_addresses"

    def __init__(self, largest: int) -> None:
        super().__init__(f"an address book holds at most {largest} addresses")


class OtherProofs(Conflict):
    """Somebody vouches for a second factor and passkeys that are not those of the account."""

    code = "other_proofs"

    def __init__(self) -> None:
        super().__init__(
            "there are others than these that nobody vouched for, or not all of these: look again at what was set up,"
            " and ask whose it is"
        )


class SecondFactorOn(Conflict):
    """A second factor is in use already; remove it first."""

    code = "second_factor_on"

    def __init__(self) -> None:
        super().__init__("a second factor is in use already")


class SecondFactorOff(Conflict):
    """There is no second factor, or none that waits for its first code."""

    code = "second_factor_off"

    def __init__(self) -> None:
        super().__init__("there is no second factor to which this could be done")


class InvalidPasskey(Unauthenticated):
    """Not one of this account's, not for this shop, not signed by it, shown before, or without verifying who it was."""

    code = "invalid_passkey"

    def __init__(self) -> None:
        super().__init__("the passkey is not known here, or what it has signed is not right, or not any more")


class PasskeyCopied(Unauthenticated):
    """It counts its uses, and has counted back: another device has its key (WebAuthn Level 3, 6.1.1).

    Told to whoever has the key, to one of the two; `passkey_id` is for the shop.
    """

    code = "passkey_copied"

    def __init__(self, passkey_id: str = "") -> None:
        super().__init__("this passkey counts behind, so another device may have a copy of it; remove it")
        self.passkey_id = passkey_id


class PasskeyRefused(Rejected):
    """What a browser sent as a new passkey is none for this shop, or its challenge was used or is too old."""

    code = "passkey_refused"

    def __init__(self) -> None:
        super().__init__("this is no passkey that was made for this shop just now; ask for new options")


class PasskeyTaken(Conflict):
    """A passkey belongs to one account; this one has its account already."""

    code = "passkey_taken"

    def __init__(self) -> None:
        super().__init__("this passkey is registered already")


class PasskeyNotFound(NotFound):
    """No such passkey, or somebody else's."""

    code = "passkey_not_found"

    def __init__(self) -> None:
        super().__init__("there is no such passkey")


class NoCodesLeft(Conflict):
    """There are no recovery codes to show that one may have new ones, and nothing else that counts."""

    code = "no_codes_left"

    def __init__(self) -> None:
        super().__init__(
            "the account has neither a recovery code left nor a passkey that somebody vouched for: stop asking for"
            " passkeys, and ask for them anew, which gives new codes"
        )


class NoPasskey(Conflict):
    """There is none that could be asked for."""

    code = "no_passkey"

    def __init__(self) -> None:
        super().__init__("the account has no passkey yet")


class LastPasskey(Conflict):
    """The account asks for a passkey beside its password; without one only recovery codes would be left."""

    code = "last_passkey"

    def __init__(self) -> None:
        super().__init__("this is the last passkey of an account that asks for one; stop asking for one first")


class TooManyPasskeys(Conflict):
    """The account has as many as it may have."""

    code = "too_many_passkeys"

    def __init__(self, largest: int) -> None:
        super().__init__(f"an account has at most {largest} passkeys")


class PasswordsBusy(Unavailable):
    """More passwords are waiting to be looked at than can be in good time; nothing was looked at."""

    code = "passwords_busy"

    def __init__(self, retry_after: float) -> None:
        super().__init__("too many sign-ins at once; try again in a moment", retry_after=retry_after)
