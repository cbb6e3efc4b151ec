"""Strategies for carts: few variants, so that additions meet, and contacts with something personal in them."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from shopcore.cart.model import LIFETIME, MAX_COUPONS, MAX_QUANTITY, Cart, CartLine
from shopcore.kernel.address import Contact
from shopcore.kernel.ids import CartId, CustomerId, VariantId
from shopcore.testing.strategies.kernel import addresses, currencies, ids

VARIANTS = tuple(VariantId(f"variant-{letter}") for letter in "abcdef")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def variants() -> st.SearchStrategy[VariantId]:
    """One of six."""
    return st.sampled_from(VARIANTS)


def emails() -> st.SearchStrategy[str]:
    """E-mail addresses in their normal form."""
    return st.from_regex(r"[a-z][a-z0-9.]{0,8}[a-z0-9]@[a-z][a-z0-9]{1,8}\.example", fullmatch=True)


def contacts() -> st.SearchStrategy[Contact]:
    """Nothing at all, an e-mail address alone, or everything that a checkout asks for."""
    reachable = st.builds(Contact, email=emails())
    complete = st.builds(Contact, email=emails(), shipping_address=addresses(), billing_address=st.none() | addresses())
    return st.just(Contact()) | reachable | complete


def coupon_codes() -> st.SearchStrategy[str]:
    """As they are stored: in upper case."""
    return st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-", min_size=1, max_size=12)


def lines() -> st.SearchStrategy[tuple[CartLine, ...]]:
    """What a cart may hold: each variant once, some of them many times."""
    quantities = st.integers(1, 3) | st.integers(1, MAX_QUANTITY)
    line = st.builds(CartLine, variant_id=variants(), quantity=quantities)
    return st.lists(line, max_size=6, unique_by=lambda one: one.variant_id).map(tuple)


@st.composite
def carts(draw: st.DrawFn) -> Cart:
    """Any cart that the model's acts can lead to."""
    created_at = NOON + timedelta(seconds=draw(st.integers(0, 10**6)))
    codes = st.lists(coupon_codes(), max_size=MAX_COUPONS, unique=True).map(tuple)
    return Cart(
        id=CartId(draw(ids())),
        currency=draw(currencies()),
        created_at=created_at,
        expires_at=created_at + LIFETIME + timedelta(seconds=draw(st.integers(0, 10**6))),
        customer_id=draw(st.none() | ids().map(CustomerId)),
        lines=draw(lines()),
        coupon_codes=draw(codes),
        shipping_method=draw(st.none() | st.sampled_from(("standard", "express"))),
        contact=draw(contacts()),
        ordered=draw(st.booleans()),
        version=draw(st.integers(1, 1_000)),
    )
