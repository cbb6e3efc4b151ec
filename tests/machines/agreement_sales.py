"""What can be asked of the sales side of a store."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import msgspec
from hypothesis import strategies as st
from tests.contracts.stores import Store

from shopcore.cart.model import add_item
from shopcore.checkout.model import consumed
from shopcore.idempotency.model import LEASE, take_over
from shopcore.kernel.ids import CartId, OrderId, PaymentId, VariantId
from shopcore.ordering.errors import CartOrdered, NumberTaken
from shopcore.ordering.model import OrderStatus, cancel, note, pay
from shopcore.ordering.ports import OrderFilter
from shopcore.payments.model import Account, PaymentState, record
from shopcore.testing.contracts.claims import a_claim
from shopcore.testing.contracts.coupons import TENTH
from shopcore.testing.contracts.inbox import an_event
from shopcore.testing.contracts.ledger import paid
from shopcore.testing.contracts.payments import reporting
from shopcore.testing.contracts.pricing_rules import EXPRESS, VAT
from shopcore.testing.contracts.sales_samples import a_cart, a_payment, a_token_hash, an_order
from shopcore.testing.contracts.samples import NOON

replace = msgspec.structs.replace

NAMES = st.sampled_from("abc")
MINUTES = st.integers(0, 3)
LIMITS = st.integers(1, 3)
_LATE = NOON + timedelta(days=60)


async def _open_cart(store: Store, name: str, minutes: int) -> None:
    """An id is made up once, so no store is asked what it does with a second one."""
    token = a_token_hash(f"{name}{minutes}")
    if await store.carts.find_by_token(token) is None:
        await store.carts.add(a_cart(f"{name}{minutes}", minutes=3 * minutes + "abc".index(name)), token)


async def _expire(store: Store, limit: int) -> Any:
    return sorted(await store.carts.remove_expired(_LATE, limit))


async def _place(store: Store, name: str, minutes: int) -> str:
    """Of several refusals that are due, a store may give any."""
    try:
        await store.orders.add(an_order(name, minutes=minutes), a_token_hash(name))
    except (CartOrdered, NumberTaken):
        return "there already"
    return "placed"


async def _claimed(store: Store, key: str, owner: str, minutes: int) -> Any:
    wanted = a_claim(owner, key=key, at=NOON + minutes * LEASE)
    return await store.claims.claim(wanted, lambda there: take_over(there, wanted, wanted.claimed_at))


SALES: Mapping[str, tuple[Any, ...]] = {
    "carts.add": (_open_cart, NAMES, MINUTES),
    "carts.get": (lambda s, n, m: s.carts.get(CartId(f"{n}{m}")), NAMES, MINUTES),
    "carts.add_item": (
        lambda s, n, m: s.carts.update(CartId(f"{n}{m}"), partial(add_item, variant_id=VariantId(n), quantity=m)),
        NAMES,
        MINUTES,
    ),
    "carts.order": (lambda s, n, m: s.carts.update(CartId(f"{n}{m}"), consumed), NAMES, MINUTES),
    "carts.find": (lambda s, n, m: s.carts.find_by_token(a_token_hash(f"{n}{m}")), NAMES, MINUTES),
    "carts.expire": (_expire, LIMITS),
    "orders.add": (_place, NAMES, MINUTES),
    "orders.get": (lambda s, n: s.orders.get(OrderId(n)), NAMES),
    "orders.number": (lambda s, n: s.orders.get_by_number(an_order(n).number.lower()), NAMES),
    "orders.cart": (lambda s, n: s.orders.find_by_cart(CartId(f"cart of {n}")), NAMES),
    "orders.token": (lambda s, n, o: s.orders.owned_by_token(OrderId(n), a_token_hash(o)), NAMES, NAMES),
    "orders.pay": (lambda s, n: s.orders.update(OrderId(n), partial(pay, at=NOON, by="x")), NAMES),
    "orders.cancel": (lambda s, n: s.orders.update(OrderId(n), partial(cancel, at=NOON, by="x")), NAMES),
    "orders.note": (lambda s, n: s.orders.update(OrderId(n), partial(note, event="e", at=NOON, by="x")), NAMES),
    "orders.contact": (
        lambda s, n, o: s.orders.update(OrderId(n), lambda held: replace(held, contact=an_order(n, email=o).contact)),
        NAMES,
        st.none() | NAMES,
    ),
    "orders.list": (
        lambda s, status, email, limit: s.order_list.page(OrderFilter(status=status, email=email), None, limit),
        st.none() | st.sampled_from(OrderStatus),
        st.none() | NAMES,
        LIMITS,
    ),
    "orders.unpaid": (lambda s, m, limit: s.order_list.unpaid_since(NOON + timedelta(hours=m), limit), MINUTES, LIMITS),
    "payments.add": (
        lambda s, n, state: s.payments.add(a_payment(n, state=state)),
        NAMES,
        st.sampled_from(PaymentState),
    ),
    "payments.get": (lambda s, n: s.payments.get(PaymentId(n)), NAMES),
    "payments.known": (
        lambda s, n, other: s.payments.known([PaymentId(n), PaymentId(other), PaymentId("nobody")]),
        NAMES,
        NAMES,
    ),
    "payments.order": (lambda s, n: s.payments.of_order(OrderId(f"order of {n}")), NAMES),
    "payments.record": (
        lambda s, n, state: s.payments.update(PaymentId(n), partial(record, report=reporting(state), at=NOON)),
        NAMES,
        st.sampled_from(PaymentState),
    ),
    "payments.open": (lambda s, m, limit: s.payments.open_since(NOON + timedelta(minutes=m), limit), MINUTES, LIMITS),
    "ledger.post": (lambda s, n, m: s.ledger.post(paid(n, 100 * m)), NAMES, MINUTES),
    "ledger.entries": (lambda s, n, other: s.ledger.entries_of(OrderId(n), OrderId(other)), NAMES, NAMES),
    "ledger.balance": (
        lambda s, account, n: s.ledger.balance(account, n and OrderId(n)),
        st.sampled_from(Account),
        st.none() | NAMES,
    ),
    "inbox.store": (
        lambda s, n, state: s.inbox.store(an_event(n, state=state), NOON),
        NAMES,
        st.sampled_from(PaymentState),
    ),
    "inbox.get": (lambda s, n: s.inbox.get("bogus", n), NAMES),
    "claims.claim": (_claimed, NAMES, NAMES, MINUTES),
    "claims.find": (lambda s, n: s.claims.find(n), NAMES),
    "claims.renew": (lambda s, n, o: s.claims.renew(n, o, NOON + 2 * LEASE), NAMES, NAMES),
    "claims.reach": (lambda s, n, o: s.claims.reach(n, o, "placed"), NAMES, NAMES),
    "claims.finish": (lambda s, n, o: s.claims.finish(n, o, b"reply"), NAMES, NAMES),
    "claims.forget": (lambda s, m, limit: s.claims.remove_older(NOON + m * LEASE, limit), MINUTES, LIMITS),
    "coupons.put": (
        lambda s, n, limit, each: s.coupons.put(replace(TENTH, code=n, usage_limit=limit, per_customer_limit=each)),
        NAMES,
        st.none() | LIMITS,
        st.none() | LIMITS,
    ),
    "coupons.find": (lambda s, n, o: s.coupons.find([n, o, n]), NAMES, NAMES),
    "coupons.list": (lambda s: s.coupons.page(None, 100),),
    "coupons.redeem": (
        lambda s, n, m: s.coupons.redeem(replace(TENTH, code=n), OrderId(f"order {m}"), f"customer {m % 2}", NOON),
        NAMES,
        MINUTES,
    ),
    "coupons.give_back": (lambda s, m: s.coupons.give_back(OrderId(f"order {m}")), MINUTES),
    "methods.put": (lambda s, n, m: s.shipping_methods.put(replace(EXPRESS, code=n, position=m)), NAMES, MINUTES),
    "methods.remove": (lambda s, n: s.shipping_methods.remove(n), NAMES | st.just("standard")),
    "methods.list": (lambda s: s.shipping_methods.everything(),),
    "rates.put": (lambda s, n, o: s.tax_rates.put(replace(VAT, id=n, region=o)), NAMES, st.none() | NAMES),
    "rates.remove": (lambda s, n: s.tax_rates.remove(n), NAMES),
    "rates.list": (lambda s: s.tax_rates.everything(),),
    "rules.list": (lambda s: s.price_rules.everything(),),
}
"""Carts, orders, money, claims and price rules: each act with the strategies of its arguments."""
