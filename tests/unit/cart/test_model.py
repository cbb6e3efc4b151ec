"""A cart keeps every unit that was put in, within its limits, and nothing else."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.planted import caught

from shopcore.cart.errors import CartChanged, InvalidQuantity, LineNotFound, TooManyLines
from shopcore.cart.model import (
    LIFETIME,
    MAX_COUPONS,
    MAX_LINES,
    MAX_QUANTITY,
    Cart,
    CartLine,
    add_item,
    apply_coupon,
    open_cart,
    quantity_of,
    remove_coupon,
    require_version,
    set_quantity,
    touch,
)
from shopcore.kernel.ids import CartId, VariantId
from shopcore.testing.strategies.cart import NOON, carts, coupon_codes, variants
from shopcore.testing.strategies.kernel import instants

pytestmark = pytest.mark.core

Change: TypeAlias = Callable[[Cart, VariantId, int], Cart]
Coupon: TypeAlias = Callable[[Cart, str], Cart]

CHANGES = st.tuples(carts(), variants(), st.integers(-2, 5) | st.integers(-(10**9), 10**9))


def quantities(cart: Cart) -> dict[VariantId, int]:
    """What it holds, from its lines alone."""
    return {line.variant_id: line.quantity for line in cart.lines}


def adds_up(add: Change, cart: Cart, variant: VariantId, quantity: int) -> None:
    """What was there and what came is there; other lines are as they were; each variant has one line."""
    before = quantities(cart)
    wanted = before.get(variant, 0) + quantity
    try:
        added = add(cart, variant, quantity)
    except InvalidQuantity:
        assert quantity < 1 or wanted > MAX_QUANTITY
        return

    assert quantities(added) == {**before, variant: wanted}
    assert len(added.lines) == len(quantities(added))
    assert 1 <= wanted <= MAX_QUANTITY
    assert replace(added, lines=cart.lines) == cart


@given(CHANGES)
def test_adding_adds(example: tuple[Cart, VariantId, int]) -> None:
    """And refuses, by name, what a line cannot hold."""
    adds_up(add_item, *example)


def _new_line(cart: Cart, variant: VariantId, quantity: int) -> Cart:
    add_item(cart, variant, quantity)
    return replace(cart, lines=(*cart.lines, CartLine(variant_id=variant, quantity=quantity)))


def _overwrite(cart: Cart, variant: VariantId, quantity: int) -> Cart:
    return set_quantity(add_item(cart, variant, quantity), variant, quantity)


def _unlimited(cart: Cart, variant: VariantId, quantity: int) -> Cart:
    others = tuple(line for line in cart.lines if line.variant_id != variant)
    line = CartLine(variant_id=variant, quantity=quantity_of(cart, variant) + quantity)
    return replace(cart, lines=(*others, line))


@pytest.mark.parametrize("planted", [_new_line, _overwrite, _unlimited])
def test_wrong_ways_to_add_are_noticed(planted: Change) -> None:
    """A second line of one variant, a quantity that is replaced, a line without a limit."""
    caught(lambda example: adds_up(planted, *example), CHANGES)


def sets(change: Change, cart: Cart, variant: VariantId, quantity: int) -> None:
    """Exactly that many afterwards, in the same place; zero takes the line out."""
    before = quantities(cart)
    try:
        changed = change(cart, variant, quantity)
    except LineNotFound:
        assert variant not in before
        return
    except InvalidQuantity:
        assert variant in before
        assert not 0 <= quantity <= MAX_QUANTITY
        return

    expected = {**before, variant: quantity} if quantity else {key: n for key, n in before.items() if key != variant}
    assert variant in before
    assert list(quantities(changed).items()) == list(expected.items())


@given(CHANGES)
def test_setting_sets(example: tuple[Cart, VariantId, int]) -> None:
    """What is not there cannot be set."""
    sets(set_quantity, *example)


def _keeps_empty_lines(cart: Cart, variant: VariantId, quantity: int) -> Cart:
    set_quantity(cart, variant, quantity)
    lines = (replace(one, quantity=quantity) if one.variant_id == variant else one for one in cart.lines)
    return replace(cart, lines=tuple(lines))


def _moves_to_the_end(cart: Cart, variant: VariantId, quantity: int) -> Cart:
    changed = set_quantity(cart, variant, quantity)
    return replace(changed, lines=tuple(sorted(changed.lines, key=lambda line: line.variant_id == variant)))


@pytest.mark.parametrize("planted", [_keeps_empty_lines, _moves_to_the_end])
def test_wrong_ways_to_set_are_noticed(planted: Change) -> None:
    """A line of nothing, a line that jumps."""
    caught(lambda example: sets(planted, *example), CHANGES)


def test_a_cart_holds_so_many_variants_and_no_more() -> None:
    """The hundred-and-first is refused; one that is there may still grow."""
    cart = open_cart(CartId("cart"), "USD", NOON)
    for number in range(MAX_LINES):
        cart = add_item(cart, VariantId(str(number)), 1)

    with pytest.raises(TooManyLines):
        add_item(cart, VariantId("one too many"), 1)
    assert quantity_of(add_item(cart, VariantId("0"), 1), VariantId("0")) == 2


COUPONS = st.tuples(carts(), coupon_codes().map(str.lower))


def applies(apply: Coupon, cart: Cart, code: str) -> None:
    """Once, in upper case, as the newest of at most five; taking it back leaves the others."""
    applied = apply(cart, code)
    codes = applied.coupon_codes
    others = [known for known in cart.coupon_codes if known != code.upper()]

    assert codes == (*others, code.upper())[-MAX_COUPONS:]
    assert apply(applied, code.upper()) == applied
    assert remove_coupon(applied, code).coupon_codes == codes[:-1]


@given(COUPONS)
def test_a_coupon_is_applied_once(example: tuple[Cart, str]) -> None:
    """However often and in whichever case it is typed."""
    applies(apply_coupon, *example)


@pytest.mark.parametrize(
    "planted",
    [
        lambda cart, code: replace(cart, coupon_codes=(*cart.coupon_codes, code.upper())[-MAX_COUPONS:]),
        lambda cart, code: replace(cart, coupon_codes=(*remove_coupon(cart, code).coupon_codes, code.upper())),
        lambda cart, code: replace(apply_coupon(cart, code), coupon_codes=(*cart.coupon_codes, code)[-MAX_COUPONS:]),
    ],
    ids=["twice", "without a limit", "as it was typed"],
)
def test_wrong_ways_to_apply_are_noticed(planted: Coupon) -> None:
    caught(lambda example: applies(planted, *example), COUPONS)


@given(carts())
def test_encoded_and_decoded_it_is_the_same(cart: Cart) -> None:
    """The stored form loses nothing."""
    assert msgspec.json.decode(msgspec.json.encode(cart), type=Cart) == cart


@given(carts(), instants())
def test_every_write_gives_the_whole_lifetime_again(cart: Cart, now: datetime) -> None:
    """Counted from the write; nothing else changes."""
    touched = touch(cart, now)

    assert touched.expires_at - now == LIFETIME
    assert replace(touched, expires_at=cart.expires_at) == cart


@given(carts(), st.none() | st.integers(0, 1_001))
def test_a_writer_who_saw_another_version_is_refused(cart: Cart, seen: int | None) -> None:
    """None has seen whatever there is."""
    if seen in {None, cart.version}:
        assert require_version(cart, seen) is cart
    else:
        with pytest.raises(CartChanged):
            require_version(cart, seen)
