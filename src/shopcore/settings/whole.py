"""What a shop can be told, all of it: of itself, and of those who carry its mails and take its payments."""

from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from shopcore.settings.kinds import MEMORY, MONGO, SECONDS, About, Seconds, Text
from shopcore.settings.shape import OwnSettings


class Settings(OwnSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The shop's settings. As they stand they are those of a shop for trying out."""

    mail_dir: Annotated[
        Text | None, About("The folder that gets the mails where no mail server is set; `mail` unless set.", "a path")
    ] = None
    smtp_url: Annotated[
        tuple[Text, ...],
        About(
            "The mail servers, in the order in which they are asked: the next where one is down.",
            "`smtp://[user:password@]host[:587]`, `smtps://[user:password@]host[:465]`, with commas between them",
            True,
        ),
    ] = ()
    smtp_host: Annotated[
        Annotated[str, Meta(pattern=r"\A[^\s/@:?#,]+\Z")] | None,
        About("One mail server by its parts: the host.", "a host name or an IPv4 address"),
    ] = None
    smtp_port: Annotated[
        int, Meta(ge=1, le=65535), About("The port on `SMTP_HOST`; TLS from the first byte on 465.", "1 to 65535")
    ] = 587
    smtp_user: Annotated[Text | None, About("The user on `SMTP_HOST`.", "a text")] = None
    smtp_pass: Annotated[Text | None, About("The password of `SMTP_USER`.", "a text", True)] = None
    smtp_ca_file: Annotated[
        Text | None, About("Who else may have signed a mail server's certificate.", "a path to certificates in PEM")
    ] = None
    smtp_timeout_seconds: Annotated[
        Annotated[float, Meta(gt=0, le=20)],
        About(
            "How long one server may take for what comes before a mail's content, whose answer has as long as a job.",
            "a number of seconds above 0, up to 20",
        ),
    ] = 10.0
    smtp_connections: Annotated[
        int,
        Meta(ge=1, le=64),
        About(
            "How many connections one process has to one mail server: as many mails may come twice after its death.",
            "1 to 64",
        ),
    ] = 1
    smtp_from: Annotated[
        str,
        Meta(pattern=r"\A([^<>\r\n]*<[^<>\s@]+@[^<>\s@]+>|[^<>\s@]+@[^<>\s@]+)\Z"),
        About("The sender of every mail.", "an address, or a name and `<address>`"),
    ] = "Shop <shop@localhost>"
    mail_language: Annotated[
        str,
        Meta(pattern=r"\A[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z"),
        About(
            "The language of the mails; what it lacks is said in English.", "a language such as `en`, `de` or `de-AT`"
        ),
    ] = "en"
    mail_templates: Annotated[
        Text | None, About("The folder with mail templates and words of one's own.", "a path")
    ] = None
    mail_report_secrets: Annotated[
        tuple[Annotated[str, Meta(min_length=24)], ...],
        About(
            "What a mail provider signs delivery reports with: each is believed, so that they can be exchanged.",
            "`whsec_` and base64, several with commas between them",
            True,
        ),
    ] = ()
    mail_patience_seconds: Annotated[
        Annotated[float, Meta(ge=0)],
        About("How long a mail that must not be missed may wait until a telephone is told too.", "a number of seconds"),
    ] = 900.0
    staff_email: Annotated[
        Annotated[str, Meta(pattern=r"\A[^<>\s@]+@[^<>\s@]+\Z")] | None,
        About("Who is told of jobs that failed for good and of what runs low; nobody unless set.", "an address"),
    ] = None
    low_stock_threshold: Annotated[
        Annotated[int, Meta(ge=0)],
        About("So many or fewer of a SKU that may not be oversold are low.", "a number from 0"),
    ] = 3
    cart_reminder_hours: Annotated[
        Annotated[float, Meta(gt=0, le=600)],
        About(
            "How long nobody may have touched a cart until its customer is reminded of it, if they asked for it.",
            "a number of hours above 0, up to 600",
        ),
    ] = 24.0
    short_message_dir: Annotated[Text, About("The folder for short messages to telephones.", "a path")] = "messages"
    payment_gateways: Annotated[
        tuple[Literal["bogus", "bogus2", "manual", "stripe"], ...],
        About(
            "What is paid through, the default one first; `stripe` if there is a key for it, else `bogus`, unless set.",
            "`bogus`, `bogus2` (a second one, to try out several), `manual` (staff confirm it), `stripe`, or more than "
            "one with commas between them",
        ),
    ] = ()
    gateway_rules: Annotated[
        tuple[Text, ...],
        About(
            "Which gateways a payment goes through: those of the first rule that is about it, in their order, else the "
            "first of `PAYMENT_GATEWAYS`. Its buyer may name one of these, or one that the rule allows besides; in a "
            "shop without rules, any.",
            "rules such as `currency=EUR country=DE/AT from=10.00 to=500.00 use=stripe>bogus allow=manual`, with "
            "commas between them; all but `use` may be left out, and `allow=manual.bank_transfer` is that method alone",
        ),
    ] = ()
    stripe_secret_key: Annotated[
        Annotated[str, Meta(pattern=r"\A(sk|rk)_(test|live)_[A-Za-z0-9_]{3,250}\Z")] | None,
        About("The shop's key to its account at Stripe, of the right mode.", "`sk_...` or `rk_...`", True),
    ] = None
    stripe_webhook_secrets: Annotated[
        tuple[Annotated[str, Meta(pattern=r"\Awhsec_[A-Za-z0-9+/=_-]{3,250}\Z")], ...],
        About(
            "What Stripe signs its webhooks with: each is believed, so that they can be exchanged.",
            "`whsec_...`, several with commas between them",
            True,
        ),
    ] = ()
    stripe_api_base: Annotated[
        str,
        Meta(pattern=r"\Ahttps?://[^\s/?#@]+\Z"),
        About("Where Stripe is; another address is for tests.", "an https:// URL, or http:// on this machine"),
    ] = "https://api.stripe.com"
    stripe_capture: Annotated[
        Literal["automatic", "manual"],
        About("Whether a payment is taken at once, or held until `shop orders capture`, for four days at most."),
    ] = "automatic"
    stripe_calls_per_second: Annotated[
        int,
        Meta(ge=1, le=10_000),
        About("How often a process asks Stripe at most, which refuses more than it allows.", "a number from 1"),
    ] = 80
    manual_methods: Annotated[
        tuple[Literal["bank_transfer", "cash_on_delivery"], ...],
        Meta(min_length=1),
        About(
            "How `manual` is paid, the usual way first.", "`bank_transfer`, `cash_on_delivery`, or both with a comma"
        ),
    ] = ("bank_transfer",)
    manual_details: Annotated[
        Annotated[str, Meta(max_length=500)] | None,
        About("What the buyer of an order that waits for a transfer is told: to whom, at which bank.", "a text"),
    ] = None
    manual_days: Annotated[
        int, Meta(ge=1, le=60), About("How long an order waits for a transfer, its stock reserved.", "1 to 60 days")
    ] = 7
    bogus_gateway: Annotated[
        Literal["development", "allowed"], About("Where the pretend bank, which moves no money, may be paid with.")
    ] = "development"
    bogus_file: Annotated[
        Text | None, About("The pretend bank's own books; `bogus.db` beside the store unless set.", "a path")
    ] = None
    payment_timeout_seconds: Annotated[
        Seconds, About("How long a checkout waits for the gateway before it answers `processing`.", SECONDS)
    ] = 10.0

    def __repr__(self) -> str:
        """Names only: a traceback must not show a key."""
        return f"Settings(shop_env={self.shop_env!r}, ...)"

    @property
    def mail_folder(self) -> str:
        """The folder that mails are written to."""
        return "mail" if self.mail_dir is None else self.mail_dir

    @property
    def gateways(self) -> tuple[str, ...]:
        """The names of what the shop is paid through, the default one first."""
        return self.payment_gateways or (("bogus",) if self.stripe_secret_key is None else ("stripe",))

    @property
    def bogus_database(self) -> str:
        """The path of the pretend bank's books; in memory where the shop is."""
        if self.bogus_file is not None:
            return self.bogus_file
        if self.store_url.startswith(MONGO):
            return "bogus.db"
        return MEMORY if self.database == MEMORY else str(Path(self.database).with_name("bogus.db"))
