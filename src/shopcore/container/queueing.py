"""In which order jobs are done, and how often they are tried."""

from datetime import datetime

from shopcore.kernel.jobs import NewJob

MONEY = 30
"""The priority of what moves money: it goes first,"""

STOCK = 20
"""then what frees or takes goods; mails have 10, and upkeep has 0."""

ABOUT_A_DAY = 36
"""Tries; from the twelfth on there is one an hour."""

ABOUT_A_WEEK = 232
"""Tries of what moves money: longer than any outage, and than the day for which Stripe keeps a key."""


def moving(kind: str, key: str, payload: dict[str, str], tries: int, run_at: datetime | None = None) -> NewJob:
    """A job that moves money: a gateway has to be asked, and may be down for longer than anything else."""
    return NewJob(kind=kind, payload=payload, unique_key=key, run_at=run_at, priority=MONEY, max_attempts=tries)
