"""What is refused to those who look after people."""

from shopcore.kernel.errors import Conflict, Forbidden, NotFound


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


class NothingToVouchFor(Conflict):
    """They have neither a second factor in use nor a passkey."""

    code = "nothing_to_vouch_for"

    def __init__(self) -> None:
        super().__init__("this member of staff has no second factor or passkey yet")


class NotForOneself(Forbidden):
    """What only a colleague can say of somebody."""

    code = "not_for_oneself"

    def __init__(self) -> None:
        super().__init__("nobody vouches for themselves here: follow the mailed link, or ask a colleague")


class OwnHeir(Conflict):
    """Whoever leaves is nobody who could answer for anything from then on."""

    code = "own_heir"

    def __init__(self) -> None:
        super().__init__("who leaves takes nothing over from themselves: a colleague who lets them go can")


class StillStaff(Conflict):
    """A member of staff is let go before they are locked out."""

    code = "customer_is_staff"

    def __init__(self) -> None:
        super().__init__("this customer is a member of staff; let them go first")
