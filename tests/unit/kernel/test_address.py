"""An address is deliverable, or each reason why not has a name."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopcore.kernel.address import Address, problems_of
from shopcore.testing.strategies.kernel import addresses

pytestmark = pytest.mark.core


def found(address: Address) -> set[tuple[str, str]]:
    """Field and code of each problem."""
    return {(error.field, error.code) for error in problems_of(address, "shipping_address")}


@given(addresses())
def test_a_good_address_has_no_problem_and_survives_storage(address: Address) -> None:
    """In any script, with and without the optional parts."""
    assert found(address) == set()
    assert msgspec.json.decode(msgspec.json.encode(address), type=Address) == address


@given(addresses(), st.sampled_from(("name", "line1", "city")), st.sampled_from(("", "   ")))
def test_what_a_carrier_needs_must_be_there(address: Address, part: str, blank: str) -> None:
    """Spaces are not a name."""
    assert (f"shipping_address/{part}", "required") in found(msgspec.structs.replace(address, **{part: blank}))


@given(addresses(), st.sampled_from(Address.__struct_fields__), st.sampled_from(("a\nb", "a\0b", "\x1b[2J", "x" * 201)))
def test_what_no_label_can_hold_is_named(address: Address, part: str, text: str) -> None:
    """Control characters and endless lines, in any part."""
    assert (f"shipping_address/{part}", "invalid_text") in found(msgspec.structs.replace(address, **{part: text}))


@pytest.mark.parametrize("country", ["", "de", "DEU", "XX", "UK", "D"])
def test_a_country_is_an_assigned_alpha_2_code(country: str) -> None:
    """ISO 3166-1; the United Kingdom is GB."""
    address = Address(name="A", line1="B", city="C", country=country)

    assert found(address) == {("shipping_address/country", "unknown_country")}


def test_every_problem_is_named_at_once() -> None:
    """A form is not corrected one field at a time."""
    address = Address(name="", line1="a\tb", city="", country="Germany")

    assert len(problems_of(address, "billing_address")) == 4
