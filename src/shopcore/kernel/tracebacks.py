"""Where something broke, without what it said: an exception's words quote whatever it broke on.

Whoever logs an exception logs this text, never the exception: what renders that may be anybody's, and show locals.
"""

from collections.abc import Iterator
from errno import errorcode
from traceback import format_tb

from shopcore.kernel.errors import ShopError

_LONGEST = 16  # exceptions of one another, and of a group; more of them tell nothing new


def traceback_of(error: BaseException) -> str:
    """The traceback of an exception, and of those that led to it, first things first, with neither words nor locals."""
    return "\n".join(_told(error) for error in reversed(list(_led_to(error))))


def _led_to(error: BaseException) -> Iterator[BaseException]:
    """The exception, what it came of, and what a group consists of; each once."""
    ahead, seen = [error], set[int]()
    while ahead and len(seen) < _LONGEST:
        each = ahead.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        before = each.__cause__ or (None if each.__suppress_context__ else each.__context__)
        ahead += [before] if before is not None else []
        ahead += each.exceptions if isinstance(each, BaseExceptionGroup) else ()


def _told(error: BaseException) -> str:
    return f"Traceback (most recent call last):\n{''.join(format_tb(error.__traceback__))}{_kind(error)}"


def _kind(error: BaseException) -> str:
    """Its type, and the code that a shop's refusal, the system or SQLite gives it: codes quote nothing."""
    name = f"{type(error).__module__}.{type(error).__qualname__}"
    match error:
        case ShopError():
            code = error.code
        case OSError():
            code = errorcode.get(error.errno or 0, "")
        case _:
            code = str(vars(error).get("sqlite_errorname", ""))
    return f"{name.removeprefix('builtins.')} ({code})" if code else name.removeprefix("builtins.")
