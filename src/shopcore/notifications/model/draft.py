"""What a mail is about, before it is written."""

from enum import StrEnum
from typing import Any

import msgspec


class Form(StrEnum):
    """What a mail looks like where its kind has no template of its own."""

    NOTICE = "notice"
    ORDER = "order"
    DIGEST = "digest"


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What to write about, to whom. `kind` names the template and the words, `key` the mail itself.

    `facts` is all that a template may use. Some of it a customer has chosen: names, addresses, titles. `locale` is the
    language to write in (BCP 47), where it is not the shop's; `phone` is there for what must not be missed;
    `leave` for what nobody waits for: the URL by which its reader takes back the wish for such mails.
    """

    key: str
    to: str
    kind: str
    facts: dict[str, Any]
    form: Form = Form.NOTICE
    locale: str | None = None
    phone: str | None = None
    leave: str | None = None
