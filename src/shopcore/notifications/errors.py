"""What notifications refuse."""

from shopcore.kernel.errors import Rejected


class Undeliverable(Rejected):
    """The mail cannot be one: an address or the subject would not be a header of its own. Trying again is no help."""

    code = "undeliverable"

    def __init__(self, part: str) -> None:
        super().__init__(f"the mail's {part} cannot be written as a header")


class NoRecipient(Rejected):
    """The order has no e-mail address to write to, as after its customer was forgotten."""

    code = "no_recipient"

    def __init__(self) -> None:
        super().__init__("the order has no e-mail address")
