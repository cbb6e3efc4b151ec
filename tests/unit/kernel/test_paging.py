"""A cursor leads on in its own list, and nowhere else."""

import base64
import hashlib
import hmac
from collections.abc import Sequence

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from shopcore.kernel.paging import InvalidCursor, Position, decode_cursor, encode_cursor

pytestmark = pytest.mark.core

POSITIONS = st.lists(st.none() | st.integers(-(2**63), 2**63 - 1) | st.text(), max_size=4).map(tuple)


class KeyedHash:
    """The port's obligation by the book: a MAC over context and message."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def sign(self, message: bytes, context: str) -> bytes:
        return hmac.digest(self._key, context.encode() + b"\0" + message, hashlib.sha256)

    def signatures(self, message: bytes, context: str) -> Sequence[bytes]:
        return (self.sign(message, context),)

    def verifies(self, mac: bytes, message: bytes, context: str) -> bool:
        return len(mac) >= 16 and hmac.compare_digest(mac, self.sign(message, context)[: len(mac)])


SIGNER = KeyedHash(b"one")


@given(POSITIONS)
def test_a_cursor_leads_back_to_its_position(position: Position) -> None:
    """Decode undoes encode, in text that a URL can carry as it is."""
    cursor = encode_cursor(SIGNER, "products", position)

    assert cursor is not None
    assert cursor.isascii()
    assert cursor.replace("-", "").replace("_", "").isalnum()
    assert decode_cursor(SIGNER, "products", cursor) == position


def test_the_last_page_has_no_cursor() -> None:
    """No position, no cursor, and the other way round."""
    assert encode_cursor(SIGNER, "products", None) is None
    assert decode_cursor(SIGNER, "products", None) is None


@given(POSITIONS)
def test_a_cursor_of_another_list_or_shop_is_refused(position: Position) -> None:
    """The list's name, with its filters, and the key are part of the signature."""
    cursor = encode_cursor(SIGNER, "products?tag=red", position)

    with pytest.raises(InvalidCursor):
        decode_cursor(SIGNER, "products?tag=blue", cursor)
    with pytest.raises(InvalidCursor):
        decode_cursor(KeyedHash(b"two"), "products?tag=red", cursor)


@given(POSITIONS, st.data())
def test_a_cursor_with_one_bit_changed_is_refused(position: Position, data: st.DataObject) -> None:
    """Whichever bit it is."""
    cursor = encode_cursor(SIGNER, "products", position)
    assert cursor is not None
    raw = bytearray(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    bit = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[bit // 8] ^= 1 << bit % 8

    with pytest.raises(InvalidCursor):
        decode_cursor(SIGNER, "products", base64.urlsafe_b64encode(raw).decode().rstrip("="))


@given(POSITIONS, st.data())
def test_a_cursor_with_one_character_changed_added_or_left_out_is_refused(
    position: Position, data: st.DataObject
) -> None:
    """Also where base64 would not notice: in bits that the last character does not use, and outside its alphabet."""
    cursor = encode_cursor(SIGNER, "products", position)
    assert cursor is not None
    place = data.draw(st.integers(0, len(cursor)) | st.just(len(cursor) - 1))
    character, removed = data.draw(st.sampled_from("ABwxyz019-_!= \n")), data.draw(st.integers(0, 1))
    changed = cursor[:place] + character + cursor[place + removed :]
    assume(changed != cursor)

    with pytest.raises(InvalidCursor):
        decode_cursor(SIGNER, "products", changed)


@given(st.text())
@example("\ud800")
@example("a")
@example("é" * 40)
@example("A" * 10_000)
def test_a_made_up_cursor_is_refused_by_name(made_up: str) -> None:
    """Whatever the text is, the answer names the field and says nothing else."""
    with pytest.raises(InvalidCursor) as refusal:
        decode_cursor(SIGNER, "products", made_up)

    assert [error.field for error in refusal.value.errors] == ["cursor"]
