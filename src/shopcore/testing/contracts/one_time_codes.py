"""The contract of `shopcore.identity.ports.OneTimeCodes`."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from shopcore.identity.ports import OneTimeCodes

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # noqa: S105 - that of RFC 6238, appendix B, in base 32
VECTORS = (
    (59, "287082"),
    (1_111_111_109, "081804"),
    (1_111_111_111, "050471"),
    (1_234_567_890, "005924"),
    (2_000_000_000, "279037"),
    (20_000_000_000, "353130"),
)
"""Of RFC 6238, appendix B, for SHA-1, to six digits."""


class OneTimeCodesContract:
    """Override `codes`."""

    @pytest.fixture
    def codes(self) -> OneTimeCodes:
        pytest.fail("override this fixture with the port under test")

    @pytest.mark.parametrize(("seconds", "code"), VECTORS)
    def test_codes_are_those_of_the_standard(self, codes: OneTimeCodes, seconds: int, code: str) -> None:
        """Good in their own step and to either side of it, and named by that step."""
        step, half = seconds // 30, timedelta(seconds=15)
        middle = datetime.fromtimestamp(step * 30, UTC) + half

        for steps in (-1, 0, 1):
            assert codes.step_of(SECRET, code, middle + steps * 2 * half) == step
        for steps in (-2, 2):
            assert codes.step_of(SECRET, code, middle + steps * 2 * half) is None

    def test_a_code_is_read_as_people_type_it(self, codes: OneTimeCodes) -> None:
        """With a space in the middle."""
        assert codes.step_of(SECRET, "287 082", datetime.fromtimestamp(59, UTC)) == 1

    @pytest.mark.parametrize(
        "code",
        ["", "28708", "2870822", "287083", "-28708", "\uff12\uff18\uff17\uff10\uff18\uff12", "28708\u0968", "abcdef"],
    )
    def test_anything_else_is_no_code(self, codes: OneTimeCodes, code: str) -> None:
        """Digits of other scripts included."""
        assert codes.step_of(SECRET, code, datetime.fromtimestamp(59, UTC)) is None

    def test_secrets_are_long_and_never_the_same(self, codes: OneTimeCodes) -> None:
        """160 bits in base 32."""
        secrets = {codes.new_secret() for _ in range(50)}

        assert len(secrets) == 50
        assert all(len(secret) >= 32 and set(secret) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") for secret in secrets)

    def test_an_authenticator_can_read_the_address(self, codes: OneTimeCodes) -> None:
        """The secret, and whose it is, with nothing lost from a strange name."""
        address = urlsplit(codes.uri(SECRET, "ann+shop@post.example"))

        assert (address.scheme, address.netloc) == ("otpauth", "totp")
        assert parse_qs(address.query)["secret"] == [SECRET]
        assert "ann%2Bshop%40post.example" in address.path or "ann%2Bshop@post.example" in address.path
