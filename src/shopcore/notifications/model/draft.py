"""What a mail is about, before it is written."""

from typing import Any

import msgspec


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What to write about, to whom. `kind` names the template and the words, `key` the mail itself.

    `facts` is all that a template may use. Some of it a customer has chosen: names, addresses, titles.
    """

    key: str
    to: str
    kind: str
    facts: dict[str, Any]
