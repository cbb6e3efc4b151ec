"""Customers, and the payment methods that are kept for them."""

from shopcore.testing.stripe_double.account import Account, found, listed
from shopcore.testing.stripe_double.cards import CARDS
from shopcore.testing.stripe_double.errors import Refusal, invalid, missing
from shopcore.testing.stripe_double.forms import Json, metadata, only


def create(account: Account, params: Json, _id: str) -> Json:
    """`POST /v1/customers`."""
    only(params, "metadata", "email", "name", "description")
    made: Json = {
        "id": account.new_id("cus"),
        "object": "customer",
        "created": account.stamp(),
        "email": params.get("email"),
        "livemode": False,
        "metadata": metadata(params),
        "name": params.get("name"),
    }
    account.customers[made["id"]] = made
    account.say("customer.created", made)
    return made


def delete(account: Account, params: Json, name: str) -> Json:
    """`DELETE /v1/customers/{id}`: it is gone, and what it had pays for nobody any more."""
    only(params)
    gone = found(account.customers, name, "customer")
    del account.customers[name]
    for method in account.methods.values():
        if method.get("customer") == name:
            _take_out(account, method)
    account.say("customer.deleted", gone)
    return {"id": name, "object": "customer", "deleted": True}


def methods(account: Account, params: Json, name: str) -> Json:
    """`GET /v1/customers/{id}/payment_methods`."""
    only(params, "type", "limit", "starting_after", "ending_before", "allow_redisplay")
    found(account.customers, name, "customer")
    theirs = {each["id"]: each for each in account.methods.values() if each.get("customer") == name}
    return listed(theirs, params, f"/v1/customers/{name}/payment_methods")


def method(account: Account, _params: Json, names: str) -> Json:
    """`GET /v1/customers/{id}/payment_methods/{id}`: one that is kept for this customer, and no other."""
    customer, _, name = names.partition("/payment_methods/")
    found(account.customers, customer, "customer")
    kept = account.methods.get(name)
    if kept is None or kept.get("customer") != customer:
        raise Refusal(
            404,
            "invalid_request_error",
            f"No such payment_method: '{name}'",
            param="payment_method",
            code="resource_missing",
        )
    return kept


def detach(account: Account, params: Json, name: str) -> Json:
    """`POST /v1/payment_methods/{id}/detach`."""
    only(params)
    method = found(account.methods, name, "payment_method")
    if method.get("customer") is None:
        raise invalid("The payment method you provided is not attached to a customer so detachment is impossible.")
    _take_out(account, method)
    account.say("payment_method.detached", method)
    return method


def check_owner(account: Account, method: str, customer: str | None) -> None:
    """Raises as Stripe does where a method is kept for somebody else, or was taken out."""
    owner = account.methods.get(method, {}).get("customer")
    if method in account.detached:
        message = "The provided PaymentMethod was detached from a Customer. It may not be used again."
        raise invalid(message, param="payment_method")
    if owner is not None and owner != customer:
        message = f"The PaymentMethod {method} does not belong to the Customer that was given, if one was."
        raise invalid(message, param="payment_method")


def keep(account: Account, intent: Json) -> None:
    """A method has paid for a customer who wants it kept. One for tests becomes one of its own, as at Stripe."""
    name, customer = intent["payment_method"], intent["customer"]
    if not intent["setup_future_usage"] or customer is None:
        return
    if name in CARDS:
        name = make(account, name)["id"]
        intent["payment_method"] = name
    account.methods[name]["customer"] = customer
    account.say("payment_method.attached", account.methods[name])


def make(account: Account, like: str) -> Json:
    """A method of its own that stands for one of those for tests."""
    card = CARDS[like]
    made: Json = {
        "id": account.new_id("pm"),
        "object": "payment_method",
        "card": {"brand": card.brand, "last4": card.number[-4:], "exp_month": 12, "exp_year": 2039},
        "created": account.stamp(),
        "customer": None,
        "livemode": False,
        "type": card.kind,
    }
    account.methods[made["id"]], account.cards[made["id"]] = made, card
    return made


def check_there(account: Account, customer: str | None) -> None:
    """Raises where an intent is for a customer that there is not."""
    if customer is not None and customer not in account.customers:
        raise missing("customer", customer)


def _take_out(account: Account, method: Json) -> None:
    method["customer"] = None
    account.detached.add(method["id"])
