"""Sealing and signing, with the keys of a ring."""

import msgspec
import pytest

from shopcore.adapters.local.keys import KeyRing, new_key_ring
from shopcore.adapters.local.sealing import AesGcmSealer, HmacSigner
from shopcore.kernel.sealing import Sealer, Signer
from shopcore.testing.contracts.sealer import SealerContract, SignerContract

KEYS = new_key_ring()


def rotated_keys() -> KeyRing:
    """A new first key, the old ones after it."""
    new = {"k2": new_key_ring().sealing["k1"]}
    return msgspec.structs.replace(KEYS, sealing={**new, **KEYS.sealing})


def reindexed_keys() -> KeyRing:
    """A new index key, the old one behind it."""
    return msgspec.structs.replace(KEYS, index=(*new_key_ring().index_keys, *KEYS.index_keys))


class TestAesGcmSealer(SealerContract):
    @pytest.fixture
    def sealer(self) -> Sealer:
        return AesGcmSealer(KEYS)

    @pytest.fixture
    def stranger(self) -> Sealer:
        return AesGcmSealer(new_key_ring())

    @pytest.fixture
    def rotated(self) -> Sealer:
        return AesGcmSealer(rotated_keys())

    @pytest.fixture
    def reindexed(self) -> Sealer:
        return AesGcmSealer(reindexed_keys())


class TestHmacSigner(SignerContract):
    @pytest.fixture
    def signer(self) -> Signer:
        return HmacSigner(KEYS)

    @pytest.fixture
    def stranger(self) -> Signer:
        return HmacSigner(new_key_ring())

    @pytest.fixture
    def rotated(self) -> Signer:
        signing = (*new_key_ring().signing_keys, *KEYS.signing_keys)
        return HmacSigner(msgspec.structs.replace(KEYS, signing=signing))


class BoundToNoPlace(AesGcmSealer):
    """The mistake of leaving the context out."""

    def seal(self, plain: bytes, context: str) -> bytes:
        return super().seal(plain, "")

    def unseal(self, sealed: bytes, context: str) -> bytes:
        return super().unseal(sealed, "")


def test_a_sealer_that_forgets_the_place_is_noticed() -> None:
    """The contract sees the mistake."""
    with pytest.raises(pytest.fail.Exception):
        SealerContract().test_a_value_moved_elsewhere_is_refused(BoundToNoPlace(KEYS))


class Concatenating(HmacSigner):
    """The mistake of not saying where the context ends."""

    def sign(self, message: bytes, context: str) -> bytes:
        return super().sign(context.encode() + message, "")


def test_a_signer_that_runs_context_and_message_together_is_noticed() -> None:
    """`ab` + `c` must not be `a` + `bc`."""
    check = SignerContract.test_a_mac_tells_message_and_context.hypothesis.inner_test  # type: ignore[attr-defined]

    with pytest.raises(AssertionError):
        check(SignerContract(), signer=Concatenating(KEYS), both=(("c", "ab"), ("bc", "a")))
