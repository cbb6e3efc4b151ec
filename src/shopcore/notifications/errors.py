"""What notifications refuse."""

from shopcore.kernel.errors import NotFound, Rejected, Unauthenticated, Unavailable


class Undeliverable(Rejected):
    """The mail cannot be one: an address or the subject would not be a header of its own. Trying again is no help."""

    code = "undeliverable"
    is_final = True

    def __init__(self, part: str) -> None:
        super().__init__(f"the mail's {part} cannot be written as a header")


class NoRecipient(Rejected):
    """The order has no e-mail address to write to, as after its customer was forgotten."""

    code = "no_recipient"
    is_final = True

    def __init__(self) -> None:
        super().__init__("the order has no e-mail address")


class MailRefused(Rejected):
    """A mail server has refused this mail for good (RFC 5321, 4.2.1: 5yz). It must not be sent again as it is.

    `reply` is the server's code, with its enhanced code (RFC 3463) if it gave one; its words may hold an address.
    """

    code = "mail_refused"
    is_final = True

    def __init__(self, reply: str) -> None:
        super().__init__(f"the mail server refuses this mail for good: {reply}")


class TemplateBroken(Unavailable):
    """A template of the merchant's own cannot be used. The mail waits until somebody has mended it."""

    code = "template_broken"

    def __init__(self, problem: str) -> None:
        super().__init__(f"a mail template is broken: {problem}")


class Unconfirmed(Unavailable):
    """The content was on its way when the conversation ended: the receiving side may have the mail, or not."""

    code = "mail_unconfirmed"


class NeverConfirmed(Unavailable):
    """Several tries ended so: the mail may have arrived as often, or not at all. Another is for a person to decide."""

    code = "mail_never_confirmed"
    is_final = True

    def __init__(self) -> None:
        super().__init__("the mail server took the mail several times and never said what became of it")


class NobodyAsked(Unavailable):
    """Every way that a mail could go is known to be down, or taken by others: nobody was asked about this one.

    It says no time: thousands would come again in the same moment. They come by their age, and by chance.
    """

    code = "mail_not_tried"
    is_untried = True

    def __init__(self, detail: str) -> None:
        super().__init__(detail)


class UnsignedReport(Unauthenticated):
    """A delivery report that nobody signed who may, or that was signed for another time."""

    code = "unsigned_report"

    def __init__(self) -> None:
        super().__init__("the signature does not match the body and the time")


class UnknownProvider(NotFound):
    """Nobody of this name may report what became of mails; reports are on where `MAIL_REPORT_SECRETS` is set."""

    code = "unknown_provider"

    def __init__(self) -> None:
        super().__init__("the shop takes no delivery reports from there")
