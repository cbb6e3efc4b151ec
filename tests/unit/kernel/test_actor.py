"""Who may do what: decided in the core, for every kind of actor."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopcore.kernel.actor import EVERYTHING, Actor, Customer, Guest, Integration, Staff, System, name_of, permit
from shopcore.kernel.errors import Forbidden, Unauthenticated
from shopcore.kernel.ids import CustomerId

pytestmark = pytest.mark.core

PERMISSIONS = ("orders:read", "orders:write", "pricing:write")
CUSTOMER = Customer(customer_id=CustomerId("018f0000-0000-7000-8000-000000000001"))


@given(st.sampled_from(PERMISSIONS), st.frozensets(st.sampled_from((*PERMISSIONS, EVERYTHING))))
@pytest.mark.parametrize("kind", [Staff, Integration])
def test_staff_and_integrations_pass_with_the_permission_only(
    kind: type[Staff | Integration], needed: str, granted: frozenset[str]
) -> None:
    """That very permission, or all of them."""
    actor = kind(name="ada", permissions=granted)
    if needed in granted or EVERYTHING in granted:
        permit(actor, needed)
        return

    with pytest.raises(Forbidden, match=needed):
        permit(actor, needed)


@pytest.mark.parametrize("permission", [*PERMISSIONS, EVERYTHING])
def test_the_shop_itself_may_do_everything(permission: str) -> None:
    """Jobs and schedules."""
    permit(System(kind="expire_orders"), permission)


@pytest.mark.parametrize(
    ("actor", "refusal"),
    [(Guest(), Unauthenticated), (Guest(cart_token="t", order_token="o"), Unauthenticated), (CUSTOMER, Forbidden)],
)
def test_no_token_makes_staff_of_a_shopper(actor: Actor, refusal: type[Exception]) -> None:
    """A guest is asked to sign in; a customer is refused."""
    with pytest.raises(refusal):
        permit(actor, EVERYTHING)


@pytest.mark.parametrize(
    ("actor", "name"),
    [
        (Guest(cart_token="secret-cart", order_token="secret-order"), "guest"),
        (CUSTOMER, "customer:018f0000-0000-7000-8000-000000000001"),
        (Staff(name="ada"), "staff:ada"),
        (Integration(name="bogus"), "integration:bogus"),
        (System(kind="sweep"), "system:sweep"),
    ],
)
def test_an_actor_is_named_by_role_and_id(actor: Actor, name: str) -> None:
    """And never by the secrets it carries."""
    assert name_of(actor) == name
