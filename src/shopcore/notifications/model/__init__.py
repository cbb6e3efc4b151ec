"""What the shop writes to people."""

from shopcore.notifications.model.account_mails import AccountMail, Notice, account_mail
from shopcore.notifications.model.composing import Letter, compose, digest
from shopcore.notifications.model.draft import Draft, Form
from shopcore.notifications.model.message import Message
from shopcore.notifications.model.news import (
    back_in_stock,
    cart_reminder,
    dead_jobs,
    endpoint_off,
    failed_refund,
    lapsed_hold,
    low_stock,
    open_differences,
)
from shopcore.notifications.model.order_mails import OrderNotice, order_mail, still_holds
from shopcore.notifications.model.samples import sample_drafts

__all__ = [
    "AccountMail",
    "Draft",
    "Form",
    "Letter",
    "Message",
    "Notice",
    "OrderNotice",
    "account_mail",
    "back_in_stock",
    "cart_reminder",
    "compose",
    "dead_jobs",
    "digest",
    "endpoint_off",
    "failed_refund",
    "lapsed_hold",
    "low_stock",
    "open_differences",
    "order_mail",
    "sample_drafts",
    "still_holds",
]
