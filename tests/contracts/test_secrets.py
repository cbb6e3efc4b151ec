"""Passwords, access tokens, passkeys and codes of an authenticator, by the libraries that ship."""

import os
import threading

import pytest
from tests.authenticators import DOMAIN, ORIGIN, an_authenticator

from shopcore.adapters.argon2.passwords import Argon2Passwords, Cost
from shopcore.adapters.jwt.access_tokens import EdDsaAccessTokens
from shopcore.adapters.otp.codes import TotpCodes
from shopcore.adapters.webauthn.passkeys import WebauthnPasskeys
from shopcore.identity.ports import AccessTokens, OneTimeCodes, Passkeys, Passwords
from shopcore.testing.authenticator import Authenticator
from shopcore.testing.contracts.access_tokens import AccessTokensContract
from shopcore.testing.contracts.one_time_codes import OneTimeCodesContract
from shopcore.testing.contracts.passkeys import PasskeysContract
from shopcore.testing.contracts.passwords import PasswordsContract

SEEDS = [bytes([number]) * 32 for number in range(4)]
SHOP = "https://shop.example"


class TestArgon2Passwords(PasswordsContract):
    @pytest.fixture
    def passwords(self) -> Passwords:
        return Argon2Passwords(memory_cost=8, time_cost=1, parallelism=1)

    @pytest.fixture
    def dearer(self) -> Passwords:
        return Argon2Passwords(memory_cost=16, time_cost=2, parallelism=1)

    @pytest.fixture
    def narrow(self) -> Passwords:
        return Argon2Passwords(memory_cost=8, time_cost=1, parallelism=1, waiting=1, threads=1)


class TestArgon2PasswordsAfterAChange(TestArgon2Passwords):
    @pytest.fixture
    def passwords(self) -> Passwords:
        return Argon2Passwords(memory_cost=8, time_cost=1, parallelism=1, earlier=[Cost(16, 1, 1), Cost(32, 1, 1)])


@pytest.mark.anyio
async def test_hashing_has_the_least_weight_there_is() -> None:
    """The threads that hash stand back for whatever answers requests; the rest of the process does not."""

    def niceness() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    before = niceness()
    hashing = await Argon2Passwords(memory_cost=8, time_cost=1, parallelism=1)._compute(niceness)

    assert hashing == 19
    assert niceness() == before < 19


def test_half_of_the_processors_hash() -> None:
    passwords = Argon2Passwords(memory_cost=8, time_cost=1, parallelism=1)

    assert passwords._pool._max_workers == max((os.cpu_count() or 2) // 2, 1)


class TestEdDsaAccessTokens(AccessTokensContract):
    @pytest.fixture
    def tokens(self) -> AccessTokens:
        return EdDsaAccessTokens(SEEDS[:2], SHOP)

    @pytest.fixture
    def stranger(self) -> AccessTokens:
        return EdDsaAccessTokens(SEEDS[2:3], SHOP)

    @pytest.fixture
    def rotated(self) -> AccessTokens:
        return EdDsaAccessTokens([SEEDS[3], *SEEDS[:2]], SHOP)


class TestTotpCodes(OneTimeCodesContract):
    @pytest.fixture
    def codes(self) -> OneTimeCodes:
        return TotpCodes("shop.example")


class TestWebauthnPasskeys(PasskeysContract):
    @pytest.fixture
    def passkeys(self) -> Passkeys:
        return WebauthnPasskeys(DOMAIN, [ORIGIN, "https://www.shop.example"])

    @pytest.fixture
    def authenticator(self, synced: bool) -> Authenticator:
        return an_authenticator(synced=synced)

    @pytest.fixture
    def another(self) -> Authenticator:
        return an_authenticator()
