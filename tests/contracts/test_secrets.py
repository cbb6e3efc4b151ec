"""Passwords, access tokens and codes of an authenticator, by the libraries that ship."""

import pytest

from shopcore.adapters.argon2.passwords import Argon2Passwords
from shopcore.adapters.jwt.access_tokens import EdDsaAccessTokens
from shopcore.adapters.otp.codes import TotpCodes
from shopcore.identity.ports import AccessTokens, OneTimeCodes, Passwords
from shopcore.testing.contracts.access_tokens import AccessTokensContract
from shopcore.testing.contracts.one_time_codes import OneTimeCodesContract
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
