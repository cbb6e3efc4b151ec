"""What the shop writes to people."""

from shopcore.notifications.model.account_mails import AccountMail, Notice, account_mail
from shopcore.notifications.model.composing import Letter, compose, digest
from shopcore.notifications.model.draft import Draft
from shopcore.notifications.model.message import Message
from shopcore.notifications.model.order_mails import order_confirmation
from shopcore.notifications.model.samples import sample_drafts

__all__ = [
    "AccountMail",
    "Draft",
    "Letter",
    "Message",
    "Notice",
    "account_mail",
    "compose",
    "digest",
    "order_confirmation",
    "sample_drafts",
]
