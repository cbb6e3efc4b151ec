"""Strategies for payments, for what gateways say of them, and for the books."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from shopcore.kernel.ids import OrderId, PaymentId
from shopcore.kernel.money import Money
from shopcore.payments.model import (
    Account,
    JournalEntry,
    NextAction,
    Payment,
    PaymentState,
    Posting,
    Report,
)
from shopcore.testing.strategies.kernel import amounts, currencies, ids, instants, texts

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@st.composite
def payments(draw: st.DrawFn, *, states: tuple[PaymentState, ...] = tuple(PaymentState)) -> Payment:
    """A payment in one of these states; what the buyer has to do is there only where something is to be done."""
    state, created_at = draw(st.sampled_from(states)), draw(instants())
    waits = state is PaymentState.REQUIRES_ACTION
    return Payment(
        id=PaymentId(draw(ids())),
        order_id=OrderId(draw(ids())),
        gateway="bogus",
        method=draw(st.none() | st.just("card")),
        amount=Money(draw(amounts(least=1)), draw(currencies())),
        created_at=created_at,
        updated_at=created_at,
        return_url=draw(st.none() | st.just("https://shop.example/thanks?token=9d2c")),
        attempt=draw(st.integers(1, 3)),
        state=state,
        reference=draw(st.none() | st.just("ch_1")),
        client_secret="secret_1" if waits else None,
        next_action=NextAction(type="redirect", url="https://bank.example/3ds") if waits else None,
        failure=draw(texts()) if state is PaymentState.FAILED else None,
    )


@st.composite
def reports(draw: st.DrawFn, payment: Payment, *, honest: bool = False) -> Report:
    """Something the gateway may say: of this or another attempt, and, unless it is honest, of another amount or in
    another currency.
    """
    more = payment.amount + Money(1, payment.amount.currency)
    wrong = draw(st.sampled_from((more, Money(payment.amount.amount, draw(currencies())))))
    return Report(
        payment_id=payment.id,
        attempt=draw(st.sampled_from((payment.attempt, payment.attempt, 1, payment.attempt + 1))),
        state=draw(st.sampled_from(PaymentState)),
        amount=payment.amount if honest else draw(st.sampled_from((payment.amount, payment.amount, wrong))),
        reference=draw(st.none() | st.just("ch_2")),
        failure=draw(st.none() | st.just("card_declined")),
    )


@st.composite
def balanced_postings(draw: st.DrawFn) -> tuple[tuple[Account, Money], ...]:
    """Postings that sum to zero in each of one or two currencies, zeros among them."""
    codes = draw(st.lists(currencies(), min_size=1, max_size=2, unique=True))
    found: list[tuple[Account, Money]] = []
    for code in codes:
        sides = draw(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=4))
        found += [(draw(st.sampled_from(Account)), Money(amount, code)) for amount in (*sides, -sum(sides))]
    return tuple(draw(st.permutations(found)))


@st.composite
def journal_entries(draw: st.DrawFn, *, key: str | None = None) -> JournalEntry:
    """A balanced entry."""
    return JournalEntry(
        key=draw(ids()) if key is None else key,
        at=draw(instants()),
        order_id=OrderId(draw(ids())),
        payment_id=draw(st.none() | st.builds(PaymentId, ids())),
        postings=tuple(
            Posting(account=account, amount=amount) for account, amount in draw(balanced_postings()) if amount.amount
        ),
        gateway=draw(st.none() | st.sampled_from(("bogus", "stripe"))),
    )
