"""What is refused to those who look after people."""

from shopcore.kernel.errors import Conflict, NotFound


class PersonNotFound(NotFound):
    """Nobody has this account, or this address."""

    code = "customer_not_found"

    def __init__(self) -> None:
        super().__init__("there is no such customer")


class NotVerified(Conflict):
    """Whoever opened the account has not shown that the mailbox is theirs."""

    code = "customer_not_verified"

    def __init__(self) -> None:
        super().__init__(
            "this customer has not verified their e-mail address yet; somebody else may have opened the account"
        )


class StillStaff(Conflict):
    """A member of staff is let go before they are locked out."""

    code = "customer_is_staff"

    def __init__(self) -> None:
        super().__init__("this customer is a member of staff; let them go first")
