"""The life of a PaymentIntent: created, confirmed, perhaps authenticated, captured or cancelled."""

from shopcore.testing.stripe_double import money
from shopcore.testing.stripe_double.account import Account, found
from shopcore.testing.stripe_double.amounts import check_amount
from shopcore.testing.stripe_double.cards import Card
from shopcore.testing.stripe_double.customers import check_owner, check_there, keep
from shopcore.testing.stripe_double.errors import declined, invalid, missing, unexpected_state
from shopcore.testing.stripe_double.forms import Json, choice, flag, integer, metadata, only

_CAPTURE = ("automatic_async", "automatic", "manual")
_WHY = ("", "abandoned", "duplicate", "fraudulent", "requested_by_customer")
_CONFIRMABLE = frozenset(("requires_payment_method", "requires_confirmation", "requires_action"))
_CANCELABLE = _CONFIRMABLE | {"requires_capture"}
_CREATE = (
    *("amount", "currency", "automatic_payment_methods", "capture_method", "confirm", "payment_method", "metadata"),
    *("description", "return_url", "receipt_email", "customer", "off_session", "payment_method_types", "shipping"),
    *("setup_future_usage", "statement_descriptor_suffix"),
)


def create(account: Account, params: Json) -> Json:
    """`POST /v1/payment_intents`."""
    only(params, *_CREATE)
    amount, currency = integer(params, "amount"), str(params.get("currency", "")).lower()
    check_amount(amount, currency)
    if flag(params, "confirm") and "payment_method" not in params:
        raise invalid("You must provide a payment method to confirm.", param="payment_method")
    check_there(account, params.get("customer"))
    automatic = params.get("automatic_payment_methods") or {"enabled": "true"}
    name = account.new_id("pi")
    intent: Json = {
        "id": name,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_received": 0,
        "automatic_payment_methods": {
            "enabled": flag(automatic, "enabled"),
            "allow_redirects": choice(automatic, "allow_redirects", ("always", "never")),
        },
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": choice(params, "capture_method", _CAPTURE),
        "client_secret": f"{name}_secret_{account.new_id('s')}",
        "created": account.stamp(),
        "currency": currency,
        "customer": params.get("customer"),
        "description": params.get("description"),
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": metadata(params),
        "next_action": None,
        "payment_method": None,
        "setup_future_usage": choice(params, "setup_future_usage", ("", "off_session", "on_session")) or None,
        "status": "requires_payment_method",
    }
    if "payment_method" in params:
        card_of(account, params["payment_method"])
        check_owner(account, params["payment_method"], intent["customer"])
        intent |= {"payment_method": params["payment_method"], "status": "requires_confirmation"}
    account.intents[name] = intent
    account.say("payment_intent.created", intent)
    if flag(params, "confirm"):
        _try(account, intent, params.get("return_url"))
    return intent


def confirm(account: Account, name: str, params: Json) -> Json:
    """`POST /v1/payment_intents/{id}/confirm`, by the shop, or by the customer's page with the client secret."""
    only(params, "payment_method", "return_url", "client_secret", "off_session", "receipt_email", "use_stripe_sdk")
    intent = found(account.intents, name, "payment_intent")
    if intent["status"] not in _CONFIRMABLE:
        raise unexpected_state(intent, "confirm")
    method = params.get("payment_method", intent["payment_method"])
    if method is None:
        raise invalid("You cannot confirm this PaymentIntent because it's missing a payment method.", "payment_method")
    card_of(account, method)
    check_owner(account, method, intent["customer"])
    redirects = intent["automatic_payment_methods"]["allow_redirects"] == "always"
    if redirects and "return_url" not in params and "client_secret" not in params:
        raise invalid("A `return_url` must be specified because redirects are allowed.", param="return_url")
    intent |= {"payment_method": method, "last_payment_error": None, "next_action": None}
    _try(account, intent, params.get("return_url"))
    return intent


def capture(account: Account, name: str, params: Json) -> Json:
    """`POST /v1/payment_intents/{id}/capture`: all of it, or a part, and the rest is let go."""
    only(params, "amount_to_capture", "metadata")
    intent = found(account.intents, name, "payment_intent")
    if intent["status"] != "requires_capture":
        raise unexpected_state(intent, "capture")
    amount = integer(params, "amount_to_capture", intent["amount_capturable"])
    if not 1 <= amount <= intent["amount_capturable"]:
        raise invalid("The amount to capture is not within the capturable amount.", param="amount_to_capture")
    made = account.charges[intent["latest_charge"]]
    money.collect(account, made, amount)
    account.say("charge.captured", made)
    _succeeded(account, intent, amount)
    return intent


def cancel(account: Account, name: str, params: Json) -> Json:
    """`POST /v1/payment_intents/{id}/cancel`: it takes nothing any more."""
    only(params, "cancellation_reason")
    intent = found(account.intents, name, "payment_intent")
    if intent["status"] not in _CANCELABLE:
        raise unexpected_state(intent, "cancel")
    intent |= {
        "amount_capturable": 0,
        "canceled_at": account.stamp(),
        "cancellation_reason": choice(params, "cancellation_reason", _WHY) or None,
        "last_payment_error": None,
        "next_action": None,
        "status": "canceled",
    }
    account.say("payment_intent.canceled", intent)
    return intent


def authenticate(account: Account, name: str, *, succeeds: bool) -> Json:
    """The customer has passed the bank's question (3-D Secure), or has not."""
    intent = found(account.intents, name, "payment_intent")
    if intent["status"] != "requires_action":
        return intent
    intent["next_action"] = None
    if not succeeds:
        message = "We are unable to authenticate your payment method."
        _failed(account, intent, {"code": "payment_intent_authentication_failure", "message": message})
        return intent
    try_charge(account, intent)
    return intent


def settle(account: Account, name: str, *, succeeds: bool) -> Json:
    """The bank has answered for a payment that was processing, such as a debit."""
    intent = found(account.intents, name, "payment_intent")
    if intent["status"] == "processing" and succeeds:
        card = card_of(account, intent["payment_method"])
        money.charge(account, intent, intent["payment_method"], card, captured=True, problem=None)
        _succeeded(account, intent, intent["amount"])
    elif intent["status"] == "processing":
        _failed(account, intent, {"code": "payment_method_provider_decline", "message": "The debit came back."})
    return intent


def card_of(account: Account, method: str) -> Card:
    """What a payment method stands for. Raises for one that there is not."""
    if method not in account.cards:
        raise missing("PaymentMethod", method)
    return account.cards[method]


def _try(account: Account, intent: Json, return_url: str | None) -> None:
    card = card_of(account, intent["payment_method"])
    if card.authenticates:
        page = f"{account.base_url}/authorize/{intent['id']}"
        redirect = {"type": "redirect_to_url", "redirect_to_url": {"url": page, "return_url": return_url}}
        in_page = {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}
        intent |= {"status": "requires_action", "next_action": redirect if return_url else in_page}
        account.say("payment_intent.requires_action", intent)
    elif card.settles_later:
        intent["status"] = "processing"
        account.say("payment_intent.processing", intent)
    else:
        problem = try_charge(account, intent)
        if problem:
            raise declined(intent, problem)


def try_charge(account: Account, intent: Json) -> Json | None:
    """Charge the card now. Answers what is wrong with it, if it was declined."""
    method = intent["payment_method"]
    card = card_of(account, method)
    if card.code:
        problem = {"code": card.code, "decline_code": card.decline_code, "message": "Your card was declined."}
        money.charge(account, intent, method, card, captured=False, problem=problem)
        _failed(account, intent, problem)
        return problem
    keep(account, intent)
    captured = intent["capture_method"] != "manual"
    made = money.charge(account, intent, method, card, captured=captured, problem=None)
    if captured:
        _succeeded(account, intent, intent["amount"])
    else:
        intent |= {"status": "requires_capture", "amount_capturable": intent["amount"]}
        account.say("payment_intent.amount_capturable_updated", intent)
    if card.is_disputed and captured:
        money.dispute(account, made)
    return None


def _failed(account: Account, intent: Json, problem: Json) -> None:
    kept = {name: value for name, value in problem.items() if value}
    kept |= {"type": "card_error", "payment_method": {"id": intent["payment_method"]}}
    intent |= {"status": "requires_payment_method", "last_payment_error": kept, "payment_method": None}
    account.say("payment_intent.payment_failed", intent)


def _succeeded(account: Account, intent: Json, amount: int) -> None:
    intent |= {"status": "succeeded", "amount_received": amount, "amount_capturable": 0}
    account.say("payment_intent.succeeded", intent)
