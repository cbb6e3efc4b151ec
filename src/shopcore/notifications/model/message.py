"""What a mail is, before it is one."""

import msgspec


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One mail to one person. `key` names it (`order-confirmation/<order id>`), so that it is sent only once.

    `to` is a bare address; `sender` may have a name before it, as in `A Shop <shop@example.org>`. `leave` is the URL by
    which its reader takes back the wish for such mails.
    """

    key: str
    to: str
    subject: str
    text: str
    html: str | None = None
    sender: str
    leave: str | None = None
