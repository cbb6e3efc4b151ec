"""How many jobs may be begun in a second."""

from collections.abc import Container, Mapping

from shopcore.container import account_jobs, news_jobs, order_mail_jobs
from shopcore.jobs.model import Pace
from shopcore.jobs.use_cases.work_jobs import Paces
from shopcore.kernel.errors import InvalidInput
from shopcore.notifications.ports import Mailer

_MAIL = "mail"
BY_MAIL = (*order_mail_jobs.BY_MAIL, *account_jobs.BY_MAIL, *news_jobs.BY_MAIL)
"""The kinds of which each job may send a mail: what one mail server has to bear."""

ONLY_BY_MAIL = (*order_mail_jobs.ONLY_BY_MAIL, *news_jobs.ONLY_BY_MAIL)


def paces(configured: Mapping[str, int], known: Container[str], mailer: Mailer) -> Paces:
    """Those that are set, of a kind or of `mail`: all kinds that the mail servers are for. None of what needs these is
    begun while they are known to be down.

    Raises `InvalidInput` for a kind that there is not, whose limit would hold for nothing, and for one with two.
    """
    found: dict[str, Pace] = {}
    for name, rate in configured.items():
        for kind in BY_MAIL if name == _MAIL else (name,):
            if kind not in known:
                raise InvalidInput.of("JOB_RATES", "unknown_kind", f"there is no kind of job {kind!r}")
            if kind in found:
                raise InvalidInput.of("JOB_RATES", "named_twice", f"{kind!r} is one of {_MAIL!r}; name one of them")
            found[kind] = Pace(name=name, rate=rate)
    while_down = {**found, **dict.fromkeys(ONLY_BY_MAIL, Pace(name="resting", rate=0))}
    return lambda: while_down if mailer.is_down() else found
