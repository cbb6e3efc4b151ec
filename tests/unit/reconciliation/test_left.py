"""A difference that a person has seen and lets be, on each store."""

import pytest
from tests.unit.reconciliation.conftest import AtStripe
from tests.unit.reconciliation.test_carried import later
from tests.unit.reconciliation.test_differences import kinds

from shopcore.kernel.actor import Guest, Staff
from shopcore.kernel.errors import Forbidden, InvalidInput, Unauthenticated
from shopcore.payments.errors import DifferenceNotFound
from shopcore.payments.model import Kind

pytestmark = pytest.mark.anyio


async def test_what_somebody_lets_be_is_told_no_more_until_it_changes(at_stripe: AtStripe) -> None:
    """It is in each report, counted apart, and in no mail, weeks later too; another amount is told again, and mailed.
    Who has left it, and why, is in the audit log.
    """
    charge = await at_stripe.charge_of(await at_stripe.buys())
    taken = at_stripe.account.charges[charge["id"]]
    taken["amount_captured"] = 1_500
    first = await at_stripe.compare()
    await at_stripe.story.settles()
    mails = len(await at_stripe.story.mails("open-differences"))
    staff = at_stripe.story.staff.reconciliations
    (one,) = first.differences
    left = await staff.leave(difference_id=one.id, reason="agreed on at the till")
    again = await staff.leave(difference_id=one.id, reason="said again")
    shown = await staff.show(run_id=first.id)
    listed = (await staff.list()).items[0]
    runs = [await later(at_stripe) for _ in range(2)]
    await at_stripe.story.settles()
    quiet = len(await at_stripe.story.mails("open-differences"))
    taken["amount_captured"] = 1_400
    changed = await later(at_stripe)
    await at_stripe.story.settles()
    said = [one for one in (await at_stripe.story.staff.audit.list()).items if one.action == "payments.leave"]

    assert left.left is not None
    assert (left.left.reason, again) == ("agreed on at the till", left)
    assert [(run.found, kinds(run), run.left) for run in (shown, listed, *runs)] == [(0, [], (left,))] * 4
    assert (mails, quiet) == (1, 1)
    assert (changed.found, kinds(changed), changed.left) == (1, [Kind.AMOUNT], ())
    assert len(await at_stripe.story.mails("open-differences")) > quiet
    assert [(each.subject, each.after["left"]) for each in said] == [(one.id, "agreed on at the till")]


async def test_only_what_is_open_is_left_with_a_reason_by_who_may(in_memory: AtStripe) -> None:
    staff = in_memory.story.staff.reconciliations
    reader = in_memory.story.as_(Staff(name="bob", permissions=frozenset({"payments:read"})))

    with pytest.raises(DifferenceNotFound):
        await staff.leave(difference_id="none", reason="why")
    for reason in ("", "  ", "a" * 201):
        with pytest.raises(InvalidInput):
            await staff.leave(difference_id="none", reason=reason)
    with pytest.raises(Forbidden):
        await reader.reconciliations.leave(difference_id="none", reason="why")
    with pytest.raises(Unauthenticated):
        await in_memory.story.as_(Guest()).reconciliations.leave(difference_id="none", reason="why")
