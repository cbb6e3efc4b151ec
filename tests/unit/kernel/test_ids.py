"""UUIDv7: laid out by RFC 9562, and in the order of time."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopcore.kernel.ids import uuid7

pytestmark = pytest.mark.core

TIMES = st.integers(0, 2**48 - 1)
BITS = st.integers(0, 2**74 - 1)


@given(TIMES, BITS)
def test_it_is_a_version_7_uuid_with_its_time_in_front(unix_ms: int, bits: int) -> None:
    """Version and variant are where the standard library looks for them, and every random bit is kept."""
    read = uuid.UUID(uuid7(unix_ms, bits))

    assert str(read) == uuid7(unix_ms, bits)
    assert (read.version, read.variant) == (7, uuid.RFC_4122)
    assert read.int >> 80 == unix_ms
    assert (read.int >> 64 & 0xFFF) << 62 | read.int & (1 << 62) - 1 == bits


@given(TIMES, BITS, TIMES, BITS)
def test_ids_sort_as_text_by_time_then_by_their_bits(ms: int, bits: int, later_ms: int, later_bits: int) -> None:
    """So that a keyset page by id is one by creation time."""
    assert (uuid7(ms, bits) < uuid7(later_ms, later_bits)) == ((ms, bits) < (later_ms, later_bits))


def test_the_example_of_the_standard() -> None:
    """RFC 9562, appendix A.6: 2022-02-22 14:22:22 -05:00."""
    assert uuid7(0x017F22E279B0, 0xCC3 << 62 | 0x18C4DC0C0C07398F) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"
