"""Which request is which act."""

import re
from collections import ChainMap
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import TypeAlias

from shopcore.testing.stripe_double import customers, intents, money
from shopcore.testing.stripe_double.account import Account, found, listed
from shopcore.testing.stripe_double.cards import BY_NUMBER
from shopcore.testing.stripe_double.errors import Refusal, invalid
from shopcore.testing.stripe_double.forms import Json, only

Act: TypeAlias = Callable[[Account, Json, str], Json]


def act_of(request: str) -> tuple[Act, str]:
    """The act that a request such as `POST /v1/refunds` asks for, and the id in its path. Raises for an unknown one."""
    for pattern, act in _ACTS:
        if match := pattern.fullmatch(request):
            return act, match.groupdict().get("id", "")
    method, _, path = request.partition(" ")
    raise Refusal(404, "invalid_request_error", f"Unrecognized request URL ({method}: {path}).")


def shown(account: Account, thing: Json, params: Json) -> Json:
    """A thing as it is now, with what `expand` asks for put in the place of its id."""
    copy = deepcopy(thing)
    for path in (params.get("expand") or {}).values():
        _expand(account, copy, str(path).split("."))
    return copy


def _expand(account: Account, thing: Json, path: list[str]) -> None:
    things = thing["data"] if path[0] == "data" else [thing]
    rest = path[1:] if path[0] == "data" else path
    sources = ChainMap[str, Json](account.charges, account.refunds, account.disputes)
    stores: Mapping[str, Mapping[str, Json]] = {
        "latest_charge": account.charges,
        "charge": account.charges,
        "balance_transaction": account.transactions,
        "failure_balance_transaction": account.transactions,
        "source": sources,
    }
    for each in things:
        name = each.get(rest[0])
        if isinstance(name, str) and rest[0] in stores:
            each[rest[0]] = deepcopy(stores[rest[0]][name])
        if len(rest) > 1 and isinstance(each.get(rest[0]), dict):
            _expand(account, each[rest[0]], rest[1:])


def _make_method(account: Account, params: Json, _id: str) -> Json:
    only(params, "type", "card", "billing_details")
    number = str((params.get("card") or {}).get("number", ""))
    if number not in BY_NUMBER:
        raise invalid("Your card number is incorrect.", param="card[number]", code="incorrect_number")
    return customers.make(account, BY_NUMBER[number])


def _retrieving(name: str, what: str) -> Act:
    return lambda account, _params, which: found(getattr(account, name), which, what)


def _listing(name: str, url: str) -> Act:
    return lambda account, params, _id: listed(getattr(account, name), params, url)


_STORES = (
    ("payment_intents", "intents", "payment_intent"),
    ("charges", "charges", "charge"),
    ("refunds", "refunds", "refund"),
    ("disputes", "disputes", "dispute"),
    ("balance_transactions", "transactions", "balance_transaction"),
    ("events", "events", "event"),
    ("payment_methods", "methods", "payment_method"),
    ("customers", "customers", "customer"),
)
_CUSTOMER = "/v1/customers/(?P<id>[^/]+)"
_INTENT = "POST /v1/payment_intents/(?P<id>[^/]+)"
_ACTS: tuple[tuple[re.Pattern[str], Act], ...] = tuple(
    (re.compile(pattern), act)
    for pattern, act in (
        ("POST /v1/payment_intents", lambda account, params, _id: intents.create(account, params)),
        (f"{_INTENT}/confirm", lambda account, params, name: intents.confirm(account, name, params)),
        (f"{_INTENT}/capture", lambda account, params, name: intents.capture(account, name, params)),
        (f"{_INTENT}/cancel", lambda account, params, name: intents.cancel(account, name, params)),
        ("POST /v1/refunds", lambda account, params, _id: money.refund(account, params)),
        ("POST /v1/payment_methods", _make_method),
        ("POST /v1/payment_methods/(?P<id>[^/]+)/detach", customers.detach),
        ("POST /v1/customers", customers.create),
        (f"DELETE {_CUSTOMER}", customers.delete),
        (f"GET {_CUSTOMER}/payment_methods", customers.methods),
        ("GET /v1/customers/(?P<id>[^/]+/payment_methods/[^/]+)", customers.method),
        *((f"GET /v1/{path}", _listing(store, f"/v1/{path}")) for path, store, _ in _STORES),
        *((f"GET /v1/{path}/(?P<id>[^/]+)", _retrieving(store, what)) for path, store, what in _STORES),
    )
)
