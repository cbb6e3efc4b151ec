"""The tries of a payment: which of them may still take money, and the payment as one of them made it."""

import msgspec

from shopcore.payments.model.payments import Payment, PaymentState, Report, attempt_of

_ENDED = frozenset({PaymentState.FAILED, PaymentState.VOIDED, PaymentState.SUCCEEDED})


def still_open(payment: Payment) -> tuple[int, ...]:
    """The tries that may still take money, the earliest first: also one that has failed, whose page may be open. Those
    of before a shop remembered which are closed are among them, if their gateway has a name for them: it has made them.
    """
    over = {*payment.closed, *(charge.number for charge in payment.charges)}
    if payment.state is PaymentState.VOIDED or (payment.state is PaymentState.SUCCEEDED and not payment.charges):
        over.add(payment.attempt)
    made = (one.number for one in payment.earlier if one.reference is not None)
    return tuple(number for number in (*made, payment.attempt) if number not in over)


def last_word(report: Report) -> Report:
    """What a gateway answers that was asked to have an attempt take nothing any more."""
    return msgspec.structs.replace(report, is_final=True)


def has_ended(report: Report) -> bool:
    """Whether the attempt has taken the money, or takes none: it neither waits, nor holds any, nor is it at it."""
    return report.state in _ENDED


def charge_of(payment: Payment, attempt: int | None) -> int | None:
    """How a refund or a dispute names the charge that this attempt has made: None for what pays the order."""
    pays_order = not payment.charges or payment.charges[0].number == attempt
    return None if pays_order else attempt


def made_by(payment: Payment, number: int) -> Payment:
    """The payment as one of its tries made it, so that its gateway finds that one."""
    if number == payment.attempt:
        return payment
    tried = attempt_of(payment, number)
    return msgspec.structs.replace(
        payment,
        attempt=number,
        gateway=tried.gateway,
        reference=tried.reference,
        begun_at=None,
        asked_at=payment.begun_at,  # no later than the try after it
    )


def charged_by(payment: Payment, number: int | None) -> Payment:
    """The payment as the attempt made it that took this money, so that its gateway finds the charge.

    None is the attempt that paid the order.
    """
    charge = next((taken for taken in payment.charges if number in {None, taken.number}), None)
    if charge is None:
        return payment
    return msgspec.structs.replace(payment, attempt=charge.number, gateway=charge.gateway, reference=charge.reference)
