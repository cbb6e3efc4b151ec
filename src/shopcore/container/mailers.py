"""How mails are written, and which way they go."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import msgspec

from shopcore.adapters.jinja.templates import JinjaTemplates
from shopcore.adapters.local.clock import SystemClock
from shopcore.adapters.local.mail_folder import MailFolder
from shopcore.kernel.errors import Unavailable
from shopcore.notifications.model import Message, sample_drafts
from shopcore.notifications.ports import Mailer, Templates
from shopcore.settings import Settings, mail_servers


async def open_mailer(settings: Settings) -> AsyncIterator[Mailer]:
    """The way that mails go, for as long as the shop is open. Raises `Unavailable` without the client."""
    if not (servers := mail_servers(settings)):
        yield MailFolder(Path(settings.mail_folder), SystemClock())
        return
    try:
        from shopcore.adapters.smtp.mailer import opened  # noqa: PLC0415 - the client is an extra
        from shopcore.adapters.smtp.server import SmtpServer  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise Unavailable("SMTP_URL is set, but its client is missing: pip install 'shopcore[mail]'") from error
    async with opened(
        [SmtpServer(**msgspec.structs.asdict(each)) for each in servers],
        SystemClock(),
        sender=settings.smtp_from,
        ca_file=settings.smtp_ca_file,
        seconds=settings.smtp_timeout_seconds,
        connections=settings.smtp_connections,
    ) as mailer:
        yield mailer


def templates_of(settings: Settings) -> Templates:
    """What mails are written with. Raises `TemplateBroken` for words of the merchant's own that cannot be read."""
    folder = None if settings.mail_templates is None else Path(settings.mail_templates)
    return JinjaTemplates(settings.smtp_from, settings.mail_language, folder)


def plain_templates_of(settings: Settings) -> Templates:
    """The shop's own words and templates, which nobody can break."""
    return JinjaTemplates(settings.smtp_from, settings.mail_language)


def sample_mails(settings: Settings) -> Sequence[tuple[str, Message]]:
    """One mail of each kind, with its kind, as a shop of these settings writes it. Raises `TemplateBroken`."""
    templates = templates_of(settings)
    return [(draft.kind, templates.write(draft)) for draft in sample_drafts(settings.currency, settings.app_url)]
