"""Charges, refunds and what they do to the balance, with the fee that Stripe keeps.

The fee is 2.9 % and 30 of the smallest unit, kept when it takes money and not given back with it. The balance is in the
currency of the charge: the double has no rates.
"""

from shopcore.testing.stripe_double.account import Account, found
from shopcore.testing.stripe_double.cards import Card
from shopcore.testing.stripe_double.errors import Refusal, invalid
from shopcore.testing.stripe_double.forms import Json, choice, integer, metadata, only

DISPUTE_FEE = 1_500


def fee_of(amount: int) -> int:
    """What Stripe keeps of a charge, rounded half up."""
    return (amount * 29 + 500) // 1000 + 30


def charge(account: Account, intent: Json, method: str, card: Card, *, captured: bool, problem: Json | None) -> Json:
    """Charge the card of an intent, or write down that it was tried in vain."""
    made: Json = {
        "id": account.new_id("ch"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": 0,
        "amount_refunded": 0,
        "balance_transaction": None,
        "captured": False,
        "created": account.stamp(),
        "currency": intent["currency"],
        "disputed": False,
        "failure_code": problem and problem["code"],
        "failure_message": problem and problem["message"],
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "paid": problem is None,
        "payment_intent": intent["id"],
        "payment_method": method,
        "payment_method_details": {"type": card.kind, card.kind: {"last4": card.number[-4:]}},
        "refunded": False,
        "status": "succeeded" if problem is None else "failed",
    }
    account.charges[made["id"]] = made
    intent["latest_charge"] = made["id"]
    if captured and problem is None:
        collect(account, made, intent["amount"])
    account.say("charge.succeeded" if problem is None else "charge.failed", made)
    return made


def collect(account: Account, made: Json, amount: int) -> None:
    """Capture so much of a charge; what is left of it is let go."""
    made |= {"captured": True, "amount_captured": amount}
    made["balance_transaction"] = _book(account, "charge", made, amount, fee_of(amount))["id"]


def dispute(account: Account, made: Json) -> Json:
    """The card's holder has complained: the money is gone, with a fee, until the bank has decided."""
    opened: Json = {
        "id": account.new_id("dp"),
        "object": "dispute",
        "amount": made["amount_captured"],
        "charge": made["id"],
        "created": account.stamp(),
        "currency": made["currency"],
        "livemode": False,
        "metadata": {},
        "payment_intent": made["payment_intent"],
        "reason": "fraudulent",
        "status": "needs_response",
    }
    account.disputes[opened["id"]] = opened
    made["disputed"] = True
    opened["balance_transactions"] = [_book(account, "adjustment", opened, -opened["amount"], DISPUTE_FEE)]
    account.say("charge.dispute.created", opened)
    return opened


def close_dispute(account: Account, opened: Json, *, won: bool) -> None:
    """The bank has decided; what was won comes back, the fee does not."""
    opened["status"] = "won" if won else "lost"
    if won:
        opened["balance_transactions"].append(_book(account, "adjustment", opened, opened["amount"], 0))
    account.say("charge.dispute.closed", opened)


def refund(account: Account, params: Json) -> Json:
    """`POST /v1/refunds`: give money back, never more than is left of the charge."""
    only(params, "payment_intent", "charge", "amount", "reason", "metadata")
    reason = choice(params, "reason", ("", "duplicate", "fraudulent", "requested_by_customer")) or None
    made = _refundable(account, params)
    left = made["amount_captured"] - made["amount_refunded"]
    amount = integer(params, "amount", left)
    if left <= 0:
        code = "charge_already_refunded"
        raise Refusal(
            400, "invalid_request_error", f"Charge {made['id']} has already been refunded.", is_kept=True, code=code
        )
    if not 1 <= amount <= left:
        raise invalid(f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})", param="amount")
    if account.refuses_refunds is not None:
        code, account.refused_refunds = account.refuses_refunds, account.refused_refunds + 1
        raise Refusal(400, "invalid_request_error", "This cannot be refunded.", is_kept=True, code=code)
    card = account.cards[made["payment_method"]]
    given: Json = {
        "id": account.new_id("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": made["id"],
        "created": account.stamp(),
        "currency": made["currency"],
        "failure_balance_transaction": None,
        "failure_reason": None,
        "metadata": metadata(params),
        "payment_intent": made["payment_intent"],
        "reason": reason,
        "status": card.refund,
    }
    account.refunds[given["id"]] = given
    made["amount_refunded"] += amount
    made["refunded"] = made["amount_refunded"] == made["amount_captured"]
    given["balance_transaction"] = _book(account, "refund", given, -amount, 0)["id"]
    account.say("refund.created", given)
    account.say("charge.refunded", made)
    answered = dict(given)
    if card.refund_fails:  # it succeeds, as far as its answer goes, and comes back after that
        settle_refund(account, given["id"], done=False)
    return answered


def settle_refund(account: Account, name: str, *, done: bool) -> Json:
    """A refund that was on its way has arrived, or comes back because the bank does not take it."""
    given = found(account.refunds, name, "refund")
    given["status"] = "succeeded" if done else "failed"
    if not done:
        made = account.charges[given["charge"]]
        made["amount_refunded"] -= given["amount"]
        made["refunded"] = False
        given["failure_reason"] = "expired_or_canceled_card"
        booked = _book(account, "refund_failure", given, given["amount"], 0)
        given["failure_balance_transaction"] = booked["id"]
    account.say("refund.updated" if done else "refund.failed", given)
    return given


def _refundable(account: Account, params: Json) -> Json:
    if "payment_intent" in params:
        intent = found(account.intents, params["payment_intent"], "payment_intent")
        if intent["status"] != "succeeded":
            message = "This PaymentIntent does not have a successful charge to refund."
            raise Refusal(400, "invalid_request_error", message, is_kept=True, param="payment_intent")
        return account.charges[intent["latest_charge"]]
    return found(account.charges, str(params.get("charge")), "charge")


def _book(account: Account, kind: str, source: Json, amount: int, fee: int) -> Json:
    booked: Json = {
        "id": account.new_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "created": account.stamp(),
        "currency": source["currency"],
        "fee": fee,
        "fee_details": [{"amount": fee, "currency": source["currency"], "type": "stripe_fee"}] if fee else [],
        "net": amount - fee,
        "source": source["id"],
        "status": "available",
        "type": kind,
    }
    account.transactions[booked["id"]] = booked
    return booked
