"""The contracts of `shopcore.kernel.sealing`: `Sealer` and `Signer`."""

from typing import TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopcore.kernel.sealing import Sealer, Signer, Unsealable

_quickly = settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
Pair: TypeAlias = tuple[str, str]


@st.composite
def _pairs(draw: st.DrawFn) -> tuple[Pair, Pair]:
    """Two pairs of short texts; often the same letters, cut in two at different places."""
    letters = draw(st.text("ab/", max_size=4))
    other = draw(st.just(letters) | st.text("ab/", max_size=4))
    cuts = st.integers(0, 4)
    first, second = draw(cuts), draw(cuts)
    return (letters[:first], letters[first:]), (other[:second], other[second:])


class SealerContract:
    """Override `sealer`; `stranger`, with other keys; `rotated`, with a new first key before those of `sealer`; and
    `reindexed`, with a new index key before its own.
    """

    @pytest.fixture
    def sealer(self) -> Sealer:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def stranger(self) -> Sealer:
        pytest.fail("override this fixture with the port under other keys of the same names")

    @pytest.fixture
    def rotated(self) -> Sealer:
        pytest.fail("override this fixture with the port under a new key that has the old ones beside it")

    @pytest.fixture
    def reindexed(self) -> Sealer:
        pytest.fail("override this fixture with the port under a new index key that has the old one behind it")

    @given(plain=st.binary(max_size=300), context=st.text(st.characters(codec="utf-8"), max_size=30))
    @_quickly
    def test_unsealing_undoes_sealing(self, sealer: Sealer, plain: bytes, context: str) -> None:
        """Whatever the value and the place."""
        assert sealer.unseal(sealer.seal(plain, context), context) == plain

    def test_a_value_is_never_sealed_the_same_twice(self, sealer: Sealer) -> None:
        """So that equal values cannot be told by their sealed form, nor read in it."""
        sealed = {sealer.seal(b"ada@example.org", "orders/1/contact") for _ in range(100)}

        assert len(sealed) == 100
        assert not any(b"ada" in each for each in sealed)

    @given(data=st.data())
    @_quickly
    def test_a_changed_value_is_refused(self, sealer: Sealer, data: st.DataObject) -> None:
        """Any bit of any byte, key id and nonce included."""
        sealed = bytearray(sealer.seal(b"ada@example.org", "orders/1/contact"))
        sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= 1 << data.draw(st.integers(0, 7))

        with pytest.raises(Unsealable):
            sealer.unseal(bytes(sealed), "orders/1/contact")

    def test_a_value_cut_short_is_refused(self, sealer: Sealer) -> None:
        """At every length, none included."""
        sealed = sealer.seal(b"ada@example.org", "orders/1/contact")

        for length in range(len(sealed)):
            with pytest.raises(Unsealable):
                sealer.unseal(sealed[:length], "orders/1/contact")

    def test_a_value_moved_elsewhere_is_refused(self, sealer: Sealer) -> None:
        """One order's contact does not open in another order's row."""
        sealed = sealer.seal(b"ada@example.org", "orders/1/contact")

        with pytest.raises(Unsealable):
            sealer.unseal(sealed, "orders/2/contact")

    def test_other_keys_do_not_open_it(self, sealer: Sealer, stranger: Sealer, rotated: Sealer) -> None:
        """Neither a stranger's of the same name, nor the old ones what a new key sealed."""
        with pytest.raises(Unsealable):
            stranger.unseal(sealer.seal(b"ada", "place"), "place")
        with pytest.raises(Unsealable):
            sealer.unseal(rotated.seal(b"ada", "place"), "place")

    def test_a_new_key_keeps_the_old_values_readable(self, sealer: Sealer, rotated: Sealer) -> None:
        """Each value names the key that it needs; look-ups go on finding what they found."""
        assert rotated.unseal(sealer.seal(b"ada", "place"), "place") == b"ada"
        assert rotated.blind_index("ada", "place") == sealer.blind_index("ada", "place")

    def test_each_value_names_its_key(self, sealer: Sealer, rotated: Sealer) -> None:
        """The first of the ring, whoever asks; what is no sealed value names none."""
        assert sealer.sealed_with(sealer.seal(b"ada", "place")) == sealer.sealing_keys[0]
        assert sealer.sealed_with(rotated.seal(b"ada", "place")) == rotated.sealing_keys[0] not in sealer.sealing_keys
        with pytest.raises(Unsealable):
            sealer.sealed_with(b"ada")

    def test_two_indexes_are_held_at_once(self, sealer: Sealer, reindexed: Sealer) -> None:
        """What the old key found is still looked for, behind what the new one finds."""
        new, old = reindexed.blind_indexes("ada", "place")

        assert (old,) == tuple(sealer.blind_indexes("ada", "place"))
        assert new == reindexed.blind_index("ada", "place") != old
        assert tuple(reindexed.index_keys)[1:] == tuple(sealer.index_keys)
        assert len(set(reindexed.index_keys)) == 2

    @given(both=_pairs())
    @_quickly
    def test_an_index_tells_value_and_place(self, sealer: Sealer, both: tuple[Pair, Pair]) -> None:
        """Two are the same exactly when both are; where one ends and the other begins is part of it."""
        one, other = both

        assert (sealer.blind_index(*one) == sealer.blind_index(*other)) == (one == other)

    def test_an_index_is_keyed(self, sealer: Sealer, stranger: Sealer) -> None:
        """Nobody without the key can try out addresses."""
        assert sealer.blind_index("ada@example.org", "email") != stranger.blind_index("ada@example.org", "email")


class SignerContract:
    """Override `signer`; `stranger`, with another key; and `rotated`, with another key before its own."""

    @pytest.fixture
    def signer(self) -> Signer:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def stranger(self) -> Signer:
        pytest.fail("override this fixture with the port under another key")

    @pytest.fixture
    def rotated(self) -> Signer:
        pytest.fail("override this fixture with the port under a new key that has the old one behind it")

    def test_a_new_key_goes_on_verifying_what_the_old_one_signed(self, signer: Signer, rotated: Signer) -> None:
        """And signs by itself, which the old one alone does not believe."""
        old, new = signer.sign(b"message", "context"), rotated.sign(b"message", "context")

        assert old != new
        assert list(rotated.signatures(b"message", "context")) == [new, old]
        assert rotated.verifies(old, b"message", "context")
        assert rotated.verifies(new, b"message", "context")
        assert not signer.verifies(new, b"message", "context")

    @given(data=st.data())
    @_quickly
    def test_only_a_true_mac_is_believed(self, rotated: Signer, data: st.DataObject) -> None:
        """Or its first 128 bits or more; no other bit, no other message, no other context, nothing shorter."""
        mac = rotated.sign(b"message", "context")
        length = data.draw(st.integers(0, len(mac)))
        changed = bytearray(mac)
        changed[data.draw(st.integers(0, 15))] ^= 1 << data.draw(st.integers(0, 7))

        assert rotated.verifies(mac[:length], b"message", "context") == (length >= 16)
        assert not rotated.verifies(bytes(changed), b"message", "context")
        assert not rotated.verifies(mac, b"messag", "context")
        assert not rotated.verifies(mac, b"message", "contex")

    @given(both=_pairs())
    @_quickly
    def test_a_mac_tells_message_and_context(self, signer: Signer, both: tuple[Pair, Pair]) -> None:
        """Two are the same exactly when both are."""
        (message, context), (other, elsewhere) = both

        same = signer.sign(message.encode(), context) == signer.sign(other.encode(), elsewhere)
        assert same == (both[0] == both[1])

    def test_a_mac_is_keyed_and_long(self, signer: Signer, stranger: Signer) -> None:
        """128 bits or more."""
        assert signer.sign(b"message", "context") != stranger.sign(b"message", "context")
        assert len(signer.sign(b"message", "context")) >= 16
