"""What notifications refuse."""

from shopcore.kernel.errors import Rejected


class Undeliverable(Rejected):
    """The mail cannot be one: an address or the subject would not be a header of its own. Trying again is no help."""

    code = "undeliverable"

    def __init__(self, part: str) -> None:
        super().__init__(f"the mail's {part} cannot be written as a header")
