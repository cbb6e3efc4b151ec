"""The mail servers that a shop is told of, and what makes one unusable or unsafe."""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Literal
from urllib.parse import quote, unquote, urlsplit

import msgspec

from shopcore.settings.whole import Settings

_FORM = "SMTP_URL must be smtp://[user:password@]host[:port] or the same with smtps:, with commas between several"
_PORTS = {"smtp": 587, "smtps": 465}  # RFC 6409, RFC 8314
_TLS: Mapping[str, Mapping[str, Literal["implicit", "starttls", "off"]]] = {
    "smtp": {"": "starttls", "tls=off": "off"},
    "smtps": {"": "implicit"},
}


class MailServer(msgspec.Struct, frozen=True, kw_only=True):
    """One of them. `tls` is `implicit` (from the first byte), `starttls` (nothing goes on without), or `off`."""

    host: str
    port: int
    tls: Literal["implicit", "starttls", "off"]
    user: str | None = None
    password: str | None = None

    def __repr__(self) -> str:
        """Without who the shop is there: a traceback must not show a password."""
        return f"MailServer({self.host!r}, {self.port})"

    @property
    def is_this_machine(self) -> bool:
        """Whether what is said to it leaves the machine."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def mail_servers(settings: Settings) -> tuple[MailServer, ...]:
    """The mail servers in order; those that are no URLs of one are left out, and told by `problems_of_mail`."""
    found = map(_read, _addresses(settings))
    return tuple(server for server in found if server is not None)


def problems_of_mail(settings: Settings) -> tuple[str, ...]:
    """What no mail could be sent with. A server that is down stops no shop."""
    servers = mail_servers(settings)
    checks = (
        (len(servers) < len(_addresses(settings)), _FORM),
        (
            bool(settings.smtp_url) and bool(settings.smtp_host or settings.smtp_user or settings.smtp_pass),
            "SMTP_URL must not be set beside SMTP_HOST, SMTP_USER or SMTP_PASS: it holds all of them",
        ),
        (
            settings.smtp_host is None and not settings.smtp_url and bool(settings.smtp_user or settings.smtp_pass),
            "SMTP_HOST must be set, because SMTP_USER or SMTP_PASS is",
        ),
        (
            (settings.smtp_user is None) != (settings.smtp_pass is None),
            "SMTP_USER and SMTP_PASS must be set together",
        ),
        (
            bool(_addresses(settings)) and settings.mail_dir is not None,
            "MAIL_DIR must not be set beside a mail server: mails go to one or the other",
        ),
        (
            any(each.tls == "off" and each.user and not each.is_this_machine for each in servers),
            "SMTP_URL must not have tls=off with a password, except to this machine: anybody on the way could read it",
        ),
        (
            settings.shop_env == "production"
            and any(each.tls == "off" and not each.is_this_machine for each in servers),
            "SMTP_URL must not have tls=off, except to this machine: mails are personal (SHOP_ENV=production)",
        ),
    )
    return tuple(problem for is_wrong, problem in checks if is_wrong)


def _addresses(settings: Settings) -> tuple[str, ...]:
    if settings.smtp_host is None:
        return settings.smtp_url
    known = (quote(each, safe="") for each in (settings.smtp_user or "", settings.smtp_pass or ""))
    who = "" if settings.smtp_user is None else f"{':'.join(known)}@"
    scheme = "smtps" if settings.smtp_port == _PORTS["smtps"] else "smtp"
    return (f"{scheme}://{who}{settings.smtp_host}:{settings.smtp_port}",)


def _read(url: str) -> MailServer | None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname or port == 0 or parts.path not in {"", "/"} or parts.fragment:
        return None
    if parts.query not in _TLS[parts.scheme] or bool(parts.username) != bool(parts.password):
        return None
    return MailServer(
        host=parts.hostname,
        port=port or _PORTS[parts.scheme],
        tls=_TLS[parts.scheme][parts.query],
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )
