"""What can go wrong with a mail server, sorted by what may be done about it."""

import re
import ssl

from aiosmtplib import SMTPAuthenticationError, SMTPException, SMTPNotSupported, SMTPResponseException

from shopcore.kernel.errors import Unavailable

FAILURES = (SMTPException, OSError)
"""All that the client raises about a server or the way to it: `TimeoutError` and `ssl.SSLError` are `OSError`s."""

_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")  # RFC 3463
_CLOSING = 421  # RFC 5321, 3.8: the server is about to close the connection, whatever it was asked
_WANTS_A_PASSWORD = range(530, 540)  # RFC 4954, 6


class ServerDown(Unavailable):
    """The server cannot be used at all, by any mail: it is gone, does not know the shop, or is not who it should be."""

    code = "mail_server_down"


class Deferred(Unavailable):
    """The server would not take this mail now."""

    code = "mail_deferred"


class Busy(Unavailable):
    """No connection became free in time; nothing was said to the server."""

    code = "mail_server_busy"


class Unfit(Unavailable):
    """The server has no way to carry this mail; nothing of it was said. Another server may have one."""

    code = "mail_server_unfit"


def is_permanent(error: SMTPResponseException) -> bool:
    """Whether the server says that another try is no help (RFC 5321, 4.2.1)."""
    return 500 <= error.code <= 599


def speaks_of_all(error: SMTPResponseException) -> bool:
    """Whether the reply is about the connection or who the shop is, and not about the mail."""
    return error.code == _CLOSING or error.code in _WANTS_A_PASSWORD


def reply_of(error: SMTPResponseException) -> str:
    """The codes of a reply, without its words: servers repeat addresses in them."""
    enhanced = _ENHANCED.match(error.message.lstrip())
    return f"{error.code} {enhanced[0]}" if enhanced else str(error.code)


def advice_on(error: Exception) -> str:
    """What is the matter with a server, for its operator, without anything personal."""
    cause = error if isinstance(error, TimeoutError) else error.__cause__ or error
    match cause:
        case ssl.SSLCertVerificationError():
            return "its certificate is not trusted, or is another host's"
        case SMTPAuthenticationError():
            return f"refuses the user or the password ({reply_of(cause)})"
        case SMTPResponseException():
            return f"answers {reply_of(cause)}"
        case SMTPException() if type(cause) in {SMTPException, SMTPNotSupported}:
            return "does not offer what it is asked for, STARTTLS or a way to show the password"
        case TimeoutError():
            return "does not answer in time"
        case _:
            return f"cannot be reached ({type(cause).__name__})"
