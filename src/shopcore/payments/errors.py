"""What payments refuse."""

from datetime import datetime

from shopcore.kernel.errors import Conflict, FieldError, NotFound, Rejected, Unauthenticated, Unavailable
from shopcore.kernel.money import Money


class PaymentNotFound(NotFound):
    """No such payment, or not yours."""

    code = "payment_not_found"

    def __init__(self, again_at: datetime | None = None) -> None:
        super().__init__("there is no such payment")
        self.again_at = again_at


class UnknownGateway(Rejected):
    """The shop has no such payment gateway, or the gateway no such method."""

    code = "unknown_payment_method"

    def __init__(self, field: str, known: str) -> None:
        message = f"must be {known}"
        super().__init__(f"{field} {message}", errors=[FieldError(field=field, code=self.code, message=message)])


class AmountNotSupported(Rejected):
    """The gateway has no such amount in this currency; it is never rounded."""

    code = "amount_not_supported"

    def __init__(self, field: str, gateway: str, amount: Money, step: Money) -> None:
        message = f"must come to a multiple of {step}, as {gateway} gives back no part of that: {amount} is none"
        error = FieldError(field=field, code=self.code, message=message)
        super().__init__(f"{field} {message}", errors=[error])


class MethodNotFound(NotFound):
    """No such saved payment method, or not yours."""

    code = "payment_method_not_found"

    def __init__(self) -> None:
        super().__init__("there is no such payment method")


class MethodNotKept(Rejected):
    """A payment method is kept for customers who are signed in, by a gateway that can."""

    code = "payment_method_not_kept"

    def __init__(self, reason: str) -> None:
        message = f"must be false: {reason}"
        error = FieldError(field="payment/save", code=self.code, message=message)
        super().__init__(f"payment/save {message}", errors=[error])


class GatewayNotOffered(NotFound):
    """The shop is not paid through this gateway."""

    code = "gateway_not_offered"

    def __init__(self, gateway: str) -> None:
        super().__init__(f"this shop is not paid through {gateway}")


class PaymentNotRetryable(Conflict):
    """Another try is possible only after the last one is known to have failed, or was stopped."""

    code = "payment_not_retryable"

    def __init__(self, status: str) -> None:
        super().__init__(f"a payment that is {status} cannot be tried again")


class BadSignature(Unauthenticated):
    """The webhook was not sent by the gateway it names, or not now. Whoever sends it is told no more than that; `why`
    is for the log, where the signature is the gateway's and only its time is not believed.
    """

    code = "bad_signature"

    def __init__(self, why: str | None = None) -> None:
        super().__init__("the signature does not match the body")
        self.why = why

    @classmethod
    def out_of_time(cls, seconds: float) -> "BadSignature":
        """Signed so many seconds ago, or below zero in the future: long ago, or by another clock than the shop's."""
        told = f"{seconds:.0f} s ago" if seconds >= 0 else f"{-seconds:.0f} s in the future"
        return cls(f"signed {told} by this machine's clock: is it right?")


class GatewayUnavailable(Unavailable):
    """The gateway did not answer, so what it did is not known: look it up, never try again blindly."""

    code = "gateway_unavailable"

    def __init__(self, gateway: str) -> None:
        super().__init__(f"the payment gateway {gateway} does not answer", retry_after=5.0)


class GatewayLocked(GatewayUnavailable):
    """The gateway refuses the shop's key, and has done nothing about this question."""

    code = "gateway_locked"


class GatewayClosed(GatewayUnavailable):
    """The gateway did nothing, and that is certain: it was not asked, or has said so.

    MUST NOT be raised where a question was sent and no answer came, whatever came of those after it.
    """

    code = "gateway_closed"


class Unbalanced(Conflict):
    """Debits and credits of a journal entry do not sum to zero: refused by the ledger, whatever the code does."""

    code = "ledger_unbalanced"

    def __init__(self) -> None:
        super().__init__("a journal entry must sum to zero in every currency")


class NothingHeld(Conflict):
    """Only money that a gateway holds can be taken: neither what was never authorised, nor what was let go."""

    code = "nothing_held"

    def __init__(self, status: str) -> None:
        super().__init__(f"a payment that is {status} holds no money")


class NotByHand(Conflict):
    """Its gateway says itself what it has taken and given back."""

    code = "not_by_hand"

    def __init__(self, gateway: str) -> None:
        super().__init__(f"what {gateway} takes and gives back it says itself: nobody can confirm it here")


class NothingAwaited(Conflict):
    """Money that has come cannot be refused: it can be given back."""

    code = "nothing_awaited"

    def __init__(self, status: str) -> None:
        super().__init__(f"a payment that is {status} is not waited for")


class CaptureNotPossible(Conflict):
    """More than what is held, or another amount than `said`, which the gateway was asked to take."""

    code = "capture_not_possible"

    def __init__(self, most: Money, said: Money | None = None) -> None:
        super().__init__(
            f"what is held can be taken up to {most}, and in one amount"
            if said is None
            else f"{said} was asked for already, and may be taken by now: ask for the same, or for no amount"
        )


class CaptureRefused(Conflict):
    """The gateway was asked to take what it holds, took nothing, and holds it still."""

    code = "capture_refused"

    def __init__(self, gateway: str, reason: str) -> None:
        super().__init__(f"{gateway} holds the money, and did not take it: {reason}")


class OtherCurrency(Conflict):
    """Money that was taken, marked as a payment of the shop, in another currency than that: a person has to look."""

    code = "other_currency"

    def __init__(self, taken: Money) -> None:
        super().__init__(f"the gateway has taken {taken}, which is not the currency of the payment")


class ChargedElsewhere(Conflict):
    """Money that was taken under the number of an attempt which was made at another gateway: a person gives it back."""

    code = "charged_elsewhere"

    def __init__(self, gateway: str) -> None:
        super().__init__(f"this attempt was made at another gateway: give back there what {gateway} has taken")


class PaymentUnderWay(Conflict):
    """The gateway is taking the money right now, so the order can neither end nor be changed until it is known."""

    code = "payment_processing"

    def __init__(self) -> None:
        super().__init__("the payment is being processed; try again when it is settled")


class WebhookForgotten(NotFound):
    """What a gateway said is not kept any more, so nobody can do it; the gateway can send it again."""

    code = "webhook_forgotten"

    def __init__(self) -> None:
        super().__init__("this event is not kept any more: have the gateway send it again")


class ReconciliationNotFound(NotFound):
    """No such comparison was made or asked for."""

    code = "reconciliation_not_found"

    def __init__(self) -> None:
        super().__init__("there is no such reconciliation")


class DifferenceNotFound(NotFound):
    """No difference of that id is open: it is gone, has changed and is another, or is told once and over."""

    code = "difference_not_found"

    def __init__(self) -> None:
        super().__init__("no such difference is open: look at the latest reconciliation")


class TooManyLeft(Conflict):
    """So many were left that what is open would be among the exceptions."""

    code = "too_many_left"

    def __init__(self, most: int) -> None:
        super().__init__(f"{most} differences are left already, and no more can be: mend some")
