"""The contract of `shopcore.identity.ports.Passwords`."""

import asyncio

import pytest

from shopcore.identity.errors import PasswordsBusy
from shopcore.identity.ports import Passwords

SECRET = "correct horse, battery staple"  # noqa: S105 - a sample


@pytest.mark.anyio
class PasswordsContract:
    """Override `passwords`; `dearer`, under another cost; and `narrow`, which lets one wait and no more."""

    @pytest.fixture
    def passwords(self) -> Passwords:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def dearer(self) -> Passwords:
        pytest.fail("override this fixture with the port under another cost")

    @pytest.fixture
    def narrow(self) -> Passwords:
        pytest.fail("override this fixture with a port that looks at one password at a time and lets one wait")

    @pytest.mark.parametrize("password", [SECRET, "пароль пароль", "🦊" * 256, "\0" * 8, "a" * 256])
    async def test_a_password_is_its_hash_s_and_no_other(self, passwords: Passwords, password: str) -> None:
        """Whatever its letters, to the last one."""
        hashed = await passwords.hash(password)

        assert await passwords.verify(hashed, password)
        for other in (f"{password} ", password[:-1], password[:-1] + "x", ""):
            assert not await passwords.verify(hashed, other)

    async def test_equal_passwords_have_different_hashes(self, passwords: Passwords) -> None:
        """None shows the password."""
        first, second = await passwords.hash(SECRET), await passwords.hash(SECRET)

        assert first != second
        assert SECRET not in first + second

    async def test_nothing_is_the_password_of_none(self, passwords: Passwords) -> None:
        """Nor of what is no hash."""
        for hashed in (None, "", "no hash", "$argon2id$v=19$m=8,t=1,p=1$"):
            assert not await passwords.verify(hashed, SECRET)

    async def test_a_hash_outlives_a_change_of_cost(self, passwords: Passwords, dearer: Passwords) -> None:
        """It is still verified, and known to be of another cost."""
        hashed = await passwords.hash(SECRET)

        assert await dearer.verify(hashed, SECRET)
        assert passwords.is_current(hashed)
        assert not dearer.is_current(hashed)

    async def test_too_many_at_once_are_refused_early(self, narrow: Passwords) -> None:
        """One is looked at, one waits, eight are told to come back; then it is as before."""
        answers = await asyncio.gather(*(narrow.hash(SECRET) for _ in range(10)), return_exceptions=True)

        busy = [answer for answer in answers if isinstance(answer, PasswordsBusy)]
        assert len(busy) == 8
        assert all(refusal.retry_after for refusal in busy)
        assert await narrow.hash(SECRET)
