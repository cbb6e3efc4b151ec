"""Strategies for both sides of a reconciliation."""

from datetime import timedelta

from hypothesis import strategies as st
from msgspec.structs import replace

from shopcore.kernel.ids import OrderId, PaymentId, RefundId
from shopcore.kernel.money import Money
from shopcore.payments.model import Account, JournalEntry, Movement, MovementKind, entry
from shopcore.testing.strategies.kernel import amounts, currencies
from shopcore.testing.strategies.payments import NOON

GATEWAY = "gateway"
SPAN = NOON, NOON + timedelta(days=1)
Sides = tuple[list[Movement], list[JournalEntry]]


@st.composite
def clean_sides(draw: st.DrawFn, *, least: int = 0) -> Sides:
    """What a gateway lists and what stands in the books of a shop with nothing wrong: charges, some of them a second
    one, debits that have not arrived and the card that paid for one, refunds, disputes, refunds that came back, and
    refunds that never counted.
    """
    movements: list[Movement] = []
    entries: list[JournalEntry] = []
    for number in range(draw(st.integers(least, 5))):
        for movement, key in _of_payment(draw, PaymentId(f"p{number}")):
            movements.append(movement)
            if key is not None:
                entries.append(entry_of(movement, key))
    return draw(st.permutations(movements)), draw(st.permutations(entries))


def entry_of(movement: Movement, key: str) -> JournalEntry:
    """The entry in the books of what a gateway has moved."""
    money = Money(movement.signed, movement.amount.currency)
    postings = [(Account.CLEARING, money), (Account.RECEIVABLE, -money)]
    order_id = OrderId(f"order of {movement.payment_id}")
    return entry(key, movement.at, order_id, movement.payment_id, postings, GATEWAY)


def _of_payment(draw: st.DrawFn, payment_id: PaymentId) -> list[tuple[Movement, str | None]]:
    total, code = draw(amounts(least=4)), draw(currencies())
    paying = draw(st.integers(1, 3))
    charge = Movement(
        id=f"{payment_id}/charge",
        kind=MovementKind.CHARGE,
        amount=Money(total, code),
        fee=Money(draw(st.integers(0, 99)), code),
        at=NOON + timedelta(minutes=draw(st.integers(1, 1000))),
        charge=f"ch of {payment_id}",
        subject=f"ch of {payment_id}",
        payment_id=payment_id,
        attempt=paying,
    )
    found: list[tuple[Movement, str | None]] = [(charge, f"paid/{payment_id}")]
    if draw(st.booleans()):
        at, done = charge.at - timedelta(minutes=draw(st.integers(-1, 1))), draw(st.sampled_from((None, False)))
        found.append(
            (replace(charge, id=f"{charge.id}/debit", subject=f"debit of {payment_id}", at=at, done=done), None)
        )
    if draw(st.booleans()):
        again = replace(charge, id=f"{charge.id}/again", attempt=paying + 1)
        found.append((again, f"paid/{payment_id}/{again.attempt}"))
    for number in range(draw(st.integers(0, 2))):
        found += _refund(draw, charge, number, Money(total // 4, code))
    if draw(st.booleans()):
        lost = replace(charge, id=f"{charge.id}/dispute", kind=MovementKind.DISPUTE, subject=f"dp of {payment_id}")
        found.append((lost, f"dispute/{lost.subject}"))
        if draw(st.booleans()):
            won = replace(lost, id=f"{lost.id}/won", kind=MovementKind.DISPUTE_RETURNED)
            found.append((won, f"dispute-won/{lost.subject}"))
    return found


def _refund(draw: st.DrawFn, charge: Movement, number: int, amount: Money) -> list[tuple[Movement, str | None]]:
    name = RefundId(f"r{number} of {charge.payment_id}")
    there = replace(
        charge,
        id=f"{charge.id}/{number}",
        kind=MovementKind.REFUND,
        amount=amount,
        fee=Money.zero(amount.currency),
        subject=name,
        refund_id=name,
    )
    match draw(st.sampled_from(("done", "came back", "never counted", "on its way"))):
        case "done":
            return [(there, f"refund/{name}")]
        case "came back":
            back = replace(there, id=f"{there.id}/back", kind=MovementKind.REFUND_RETURNED, done=False)
            return [(replace(there, done=False), f"refund/{name}"), (back, f"refund-undone/{name}")]
        case "never counted":
            back = replace(there, id=f"{there.id}/back", kind=MovementKind.REFUND_RETURNED, done=False)
            return [(replace(there, done=False), None), (back, None)]
        case _:
            return [(replace(there, done=None), None)]
