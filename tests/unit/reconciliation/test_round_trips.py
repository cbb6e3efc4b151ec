"""How often the store is asked in one span: not once for each movement."""

import inspect
from collections import Counter
from dataclasses import replace
from functools import partial
from typing import Any, cast

import msgspec
import pytest
from tests.unit.reconciliation.conftest import AtStripe
from tests.unit.reconciliation.test_differences import kinds
from tests.unit.reconciliation.test_steps import Busy, charge, posted

from shopcore.kernel.money import Money
from shopcore.payments.model import Kind, PaymentState
from shopcore.payments.steps.comparing import AdvanceReconciliation
from shopcore.shop import owner
from shopcore.testing.contracts.sales_samples import a_payment

pytestmark = pytest.mark.anyio

MANY = 40


class Counted:
    """A port of which every call is counted."""

    def __init__(self, port: Any, name: str, calls: Counter[str]) -> None:
        self._port, self._name, self._calls = port, name, calls

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)
        if not inspect.iscoroutinefunction(method):
            return method

        async def counted(*asked: Any, **named: Any) -> Any:
            self._calls[f"{self._name}.{name}"] += 1
            return await method(*asked, **named)

        return counted


def counting(advance: AdvanceReconciliation, calls: Counter[str]) -> AdvanceReconciliation:
    """The same step, whose ports are counted."""
    ports: dict[str, Any] = {
        name: Counted(getattr(advance, name), name, calls) for name in ("ledger", "reconciliations", "jobs", "audit")
    }
    payments = cast("Any", Counted(advance.compare.payments, "payments", calls))
    return replace(advance, **ports, compare=replace(advance.compare, ledger=ports["ledger"], payments=payments))


async def test_what_a_span_asks_of_the_store_does_not_grow_with_what_is_in_it(at_stripe: AtStripe) -> None:
    """But for the audit log, in which every repair has its own place. Some are in the books without their fee, and some
    are in none.
    """
    story, calls = at_stripe.story, Counter[str]()
    store, at = story.place.store, story.clock.now()
    theirs = [charge(number, at) for number in range(2 * MANY)]
    for one in theirs[:MANY]:
        paid = a_payment(str(one.payment_id), state=PaymentState.SUCCEEDED)
        await store.payments.add(msgspec.structs.replace(paid, gateway="stripe"))
    await store.unit_of_work(partial(store.ledger.post, *(posted(one) for one in theirs[MANY:])))
    await story.clock.advance(3_600)
    gateway = Busy(at_stripe.party.gateway(), moved=theirs)
    reconcile = story.shop._cases.reconciliations.reconcile
    advance = counting(replace(reconcile.advance, gateways={"stripe": gateway}), calls)
    run = await replace(reconcile, gateways={"stripe": gateway}, advance=advance)(owner())

    spans = calls["reconciliations.put"]
    assert (kinds(run), run.fees) == ([Kind.MISSING] * MANY, (Money(3 * MANY, "USD"),))
    assert spans < len(gateway.lists) < MANY
    assert calls == {
        "ledger.entries_at": spans,
        "reconciliations.get": spans,
        "reconciliations.put": spans,
        "reconciliations.standing": 1,
        "payments.known": 1,
        "ledger.entries_of": 1,
        "ledger.post": 1,
        "jobs.enqueue": 1,
        "audit.record": MANY,
    }
