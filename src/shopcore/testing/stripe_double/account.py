"""What the pretend Stripe knows: its objects, and what it has said about them."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice, takewhile

from shopcore.testing.stripe_double.cards import CARDS, Card
from shopcore.testing.stripe_double.errors import invalid, missing
from shopcore.testing.stripe_double.forms import Json, integer
from shopcore.testing.stripe_double.shelf import Shelf

API_VERSION = "2026-10-28.endive"
_FILTERS = ("payment_intent", "charge", "customer", "type", "source")


@dataclass
class Account:
    """One merchant's account. Objects are kept as Stripe shows them, in the order in which they were made."""

    now: Callable[[], datetime]
    base_url: str = ""
    intents: Shelf = field(default_factory=Shelf)
    charges: Shelf = field(default_factory=Shelf)
    refunds: Shelf = field(default_factory=Shelf)
    disputes: Shelf = field(default_factory=Shelf)
    transactions: Shelf = field(default_factory=Shelf)
    customers: Shelf = field(default_factory=Shelf)
    methods: Shelf = field(default_factory=Shelf)
    detached: set[str] = field(default_factory=set)
    """Methods that were taken out of a customer: they pay for nobody any more."""
    cards: dict[str, Card] = field(default_factory=lambda: dict(CARDS))
    """What stands behind each method, those for tests and those that were made."""
    refuses_keys: bool = False
    """Whether the secret key is none any more, as one that was exchanged."""
    refuses_refunds: str | None = None
    """The code with which refunds are refused, such as `balance_insufficient`; the answer is kept under its key."""
    refused_refunds: int = 0
    """How many were so far, answers that are only repeated not counted."""
    events: Shelf = field(default_factory=Shelf)
    said: list[Json] = field(default_factory=list)
    """Events that the webhooks have not taken over yet."""
    asked: list[str] = field(default_factory=list)
    """Every request that was carried out, as `POST /v1/payment_intents`."""
    _made: int = 0

    def new_id(self, prefix: str) -> str:
        """An id that no other object has."""
        self._made += 1
        return f"{prefix}_double{self._made:012d}"

    def stamp(self) -> int:
        """Now, as Stripe writes it."""
        return int(self.now().timestamp())

    def say(self, kind: str, thing: Json) -> None:
        """Write down that something happened, with the object as it is at this moment."""
        event: Json = {
            "id": self.new_id("evt"),
            "object": "event",
            "api_version": API_VERSION,
            "created": self.stamp(),
            "data": {"object": deepcopy(thing)},
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "type": kind,
        }
        self.events[event["id"]] = event
        self.said.append(event)


def found(things: dict[str, Json], name: str, what: str) -> Json:
    """The thing of that id. Raises as Stripe does when there is none."""
    if name not in things:
        raise missing(what, name)
    return things[name]


def listed(things: Mapping[str, Json], params: Json, url: str) -> Json:
    """A page, newest first: `limit`, `starting_after`, `created[gte]` and the like, and whose they are."""
    limit = integer(params, "limit", 10)
    if not 1 <= limit <= 100:
        raise invalid("Invalid integer: limit must be between 1 and 100", param="limit")
    after = params.get("starting_after")
    if after is not None and after not in things:
        raise missing("object", after)
    bounds = _bounds(params)
    shelf = things if isinstance(things, Shelf) else Shelf(things)
    asked = {name: params[name] for name in _FILTERS if name in params}
    earliest = max((bound for operator, bound in bounds.items() if operator in {"gt", "gte"}), default=0)
    made_before = shelf.newest_first(at_most=_latest(bounds), after=after, asked=asked)
    fitting = (
        each
        for each in takewhile(lambda each: each["created"] >= earliest, made_before)
        if all(_holds(each["created"], operator, bound) for operator, bound in bounds.items())
    )
    kept = list(islice(fitting, limit + 1))
    return {"object": "list", "url": url, "data": kept[:limit], "has_more": len(kept) > limit}


def _bounds(params: Json) -> dict[str, int]:
    created = params.get("created", {})
    bounds = created if isinstance(created, dict) else {"gte": created, "lte": created}
    return {operator: integer(bounds, operator) for operator in bounds}


def _latest(bounds: Mapping[str, int]) -> int | None:
    return min((bound for operator, bound in bounds.items() if operator in {"lt", "lte"}), default=None)


def _holds(at: int, operator: str, bound: int) -> bool:
    tests = {"gt": at > bound, "gte": at >= bound, "lt": at < bound, "lte": at <= bound}
    if operator not in tests:
        raise invalid(f"Received unknown parameter: created[{operator}]", param="created", code="parameter_unknown")
    return tests[operator]
