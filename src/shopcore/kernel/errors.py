"""The closed tree of anticipated errors.

    ShopError
    ├── NotFound          absent, or not yours
    ├── Conflict          the state of things forbids it: stock, version, duplicate
    ├── Rejected          understood, and invalid
    ├── Forbidden         signed in, not allowed
    ├── Unauthenticated   not signed in
    ├── RateLimited       too often
    └── Unavailable       a needed dependency is down; try later

Each concrete error lives in its feature's `errors.py`, derives from exactly one category and has a stable `code`.
An anticipated error is an answer. Anything else that is raised is an incident.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec


class FieldError(msgspec.Struct, frozen=True, kw_only=True):
    """One thing wrong with the input: `field` is a path such as `lines/0/quantity`."""

    field: str
    code: str
    message: str


class ShopError(Exception):
    """An anticipated refusal. `detail` is a sentence for a person and never holds personal data or secrets."""

    code: str = "error"
    is_final: bool = False
    """Whether trying the very same again is known to be no help; a job that ends so is given up at once."""
    is_untried: bool = False
    """Whether nobody was even asked, since who would be is known to be down; a job that ends so has used up no try, and
    comes again after `retry_after`, where that is known."""
    again_at: datetime | None = None
    """When trying again may help, where whoever raises it knows; a job that ends so waits until then, however often."""

    def __init__(self, detail: str, *, errors: Sequence[FieldError] = (), retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)
        self.retry_after = retry_after


class NotFound(ShopError):
    """The thing is not there, or it is not yours: the two answers are the same."""

    code = "not_found"


class Conflict(ShopError):
    """The request was right, the state of things was not."""

    code = "conflict"


class Rejected(ShopError):
    """The input was understood and is invalid; `errors` names each field and rule."""

    code = "invalid"


class Forbidden(ShopError):
    """The actor is known and may not do this."""

    code = "forbidden"


class Unauthenticated(ShopError):
    """The act needs a known actor."""

    code = "unauthenticated"


class RateLimited(ShopError):
    """Too many requests; `retry_after` says how many seconds to wait."""

    code = "rate_limited"


class Unavailable(ShopError):
    """A needed dependency does not answer; nothing was half done. `retry_after` is in seconds."""

    code = "unavailable"


CATEGORIES: tuple[type[ShopError], ...] = (
    NotFound,
    Conflict,
    Rejected,
    Forbidden,
    Unauthenticated,
    RateLimited,
    Unavailable,
)


class InvalidInput(Rejected):
    """One or more fields break a rule."""

    code = "invalid_input"

    def __init__(self, *errors: FieldError) -> None:
        super().__init__("; ".join(f"{error.field}: {error.message}" for error in errors), errors=errors)

    @classmethod
    def of(cls, field: str, code: str, message: str) -> "InvalidInput":
        """The common case: one field, one rule."""
        return cls(FieldError(field=field, code=code, message=message))
