"""Everything that can be wrong between Stripe and the books, at once: all is found, and what is safe is mended."""

from collections import Counter

import pytest
from tests.stories import Bought
from tests.unit.reconciliation.conftest import DECLINED, VISA, AtStripe
from tests.unit.reconciliation.test_differences import kinds

from shopcore.payments.model import Account, Kind
from shopcore.testing.stripe_double import intents, money

pytestmark = pytest.mark.anyio

PAGE = {"return_url": "https://shop.example"}
FOR_A_PERSON = {Kind.EXTRA: 1, Kind.AMOUNT: 1, Kind.CURRENCY: 1, Kind.DUPLICATE: 1, Kind.FOREIGN: 1}
MENDED = {Kind.MISSING: 3, Kind.REFUND_ELSEWHERE: 1, Kind.FEE: 1}


async def goes_wrong(at_stripe: AtStripe) -> Bought:
    """Each thing once; the answer is an order whose money nobody has heard of."""
    account, staff = at_stripe.account, at_stripe.story.staff
    names = ("unheard", "given back", "came back", "unknown there", "less", "euros", "twice")
    bought = {name: await at_stripe.buys(DECLINED if name == "unheard" else VISA) for name in names}
    payments = {name: await one.payment() for name, one in bought.items()}
    charges = {name: await at_stripe.charge_of(one) for name, one in bought.items() if name != "unheard"}
    intents.confirm(account, str(payments["unheard"].reference), {**PAGE, "payment_method": VISA})
    await at_stripe.buys("pm_card_createDispute")
    money.refund(account, {"payment_intent": payments["given back"].reference, "amount": 700})
    await staff.orders.refund(order_id=bought["came back"].id, reason="damaged")
    await at_stripe.story.settles()
    (returned,) = [
        name for name, one in account.refunds.items() if one["payment_intent"] == payments["came back"].reference
    ]
    money.settle_refund(account, returned, done=False)
    account.transactions.pop(charges["unknown there"]["balance_transaction"])
    account.charges[charges["unknown there"]["id"]]["balance_transaction"] = None
    account.charges[charges["less"]["id"]]["amount_captured"] = 1_500
    account.charges[charges["euros"]["id"]]["currency"] = "eur"
    asked = {"amount": "2000", "currency": "usd", "payment_method": VISA, "confirm": "true", **PAGE}
    marks = account.intents[payments["twice"].reference]["metadata"]
    intents.create(account, {**asked, "metadata": marks})
    intents.create(account, asked)
    return bought["unheard"]


async def test_every_kind_is_found_and_what_is_safe_is_mended_and_audited(at_stripe: AtStripe) -> None:
    """Beside a purchase with which all is well but its fee. What is mended is found no more; the rest stands."""
    story = at_stripe.story
    charge = await at_stripe.charge_of(await at_stripe.buys())
    await at_stripe.compare()
    at_stripe.account.transactions[charge["balance_transaction"]]["fee"] += 17
    unheard = await goes_wrong(at_stripe)
    found = await at_stripe.compare(20)
    audited = [one for one in (await story.staff.audit.list(limit=100)).items if one.action == "payment.repair"]
    await story.settles()
    after = await at_stripe.compare(0)

    assert Counter(kinds(found)) == FOR_A_PERSON | MENDED
    assert Counter(one.kind for one in found.differences if one.repairs) == MENDED
    assert Counter(one.after["kind"] for one in audited) == {kind.value: count for kind, count in MENDED.items()}
    assert {one.after["movement"] for one in audited} == {one.movement for one in found.differences if one.repairs}
    assert all(one.subject and one.actor and one.after["gateway"] == "stripe" for one in audited)
    assert Counter(kinds(after)) == FOR_A_PERSON
    assert await unheard.stands() == ("processing", "paid", "succeeded")
    assert await story.balance(Account.DISPUTE) + await story.balance(Account.REFUND) == 2_000 + 700
    assert not await story.jobs("dead")
    assert found.repaired == sum(MENDED.values())
