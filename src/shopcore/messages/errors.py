"""What is refused about messages that were sent."""

from shopcore.kernel.errors import Conflict, NotFound


class AddressNotTroubled(NotFound):
    """There is no report on this address."""

    code = "address_not_troubled"

    def __init__(self) -> None:
        super().__init__("no trouble was reported with this address")


class TooManyWatches(Conflict):
    """This customer waits for as many things as one may."""

    code = "too_many_watches"

    def __init__(self, most: int) -> None:
        super().__init__(f"one may wait for {most} things at most")


class MailingUnwanted(Conflict):
    """Whoever asks for such a mail has taken back the wish for all of its kind."""

    code = "mailing_unwanted"

    def __init__(self, mailing: str) -> None:
        super().__init__(f"this account wants no {mailing} mails; let it want them first")
