"""The contracts of accounts notice the mistakes they are there for: each is planted in an adapter here."""

import asyncio
import base64
import json
from collections.abc import Callable
from datetime import datetime, timedelta

import jwt
import msgspec
import pytest
from tests.authenticators import DOMAIN, ORIGIN, an_authenticator
from tests.contracts.stores import Store, sqlite_store

from shopcore.adapters.argon2.passwords import Argon2Passwords
from shopcore.adapters.jwt.access_tokens import EdDsaAccessTokens
from shopcore.adapters.local.keys import new_key_ring
from shopcore.adapters.local.sealing import AesGcmSealer
from shopcore.adapters.otp.codes import TotpCodes
from shopcore.adapters.sqlite.accounts import SqliteAccounts
from shopcore.adapters.sqlite.carts import SqliteCarts
from shopcore.adapters.sqlite.database import Database, SqliteUnitOfWork
from shopcore.adapters.sqlite.sessions import SqliteSessions
from shopcore.adapters.sqlite.spent_tokens import SqliteSpentTokens
from shopcore.adapters.webauthn.passkeys import WebauthnPasskeys
from shopcore.cart.model import Cart
from shopcore.identity.errors import PasskeyTaken
from shopcore.identity.model import Account, Assertion, Claims, Passkey, Session, Use
from shopcore.kernel.ids import CustomerId, SessionId
from shopcore.testing.contracts.access_tokens import AccessTokensContract
from shopcore.testing.contracts.accounts import AccountsContract
from shopcore.testing.contracts.carts import CartsContract
from shopcore.testing.contracts.one_time_codes import VECTORS, OneTimeCodesContract
from shopcore.testing.contracts.passkeys import PasskeysContract
from shopcore.testing.contracts.passwords import PasswordsContract
from shopcore.testing.contracts.sessions import SessionsContract
from shopcore.testing.contracts.spent_tokens import SpentTokensContract

pytestmark = pytest.mark.anyio

SEALER = AesGcmSealer(new_key_ring())
SEEDS = [bytes([number]) * 32 for number in range(3)]


@pytest.fixture
def store(database: Database) -> Store:
    """The sound ports beside the broken one."""
    return sqlite_store(database)


class HastyAccounts(SqliteAccounts):
    """Reads, decides, and writes later over what others wrote."""

    async def update(self, customer_id: CustomerId, change: Callable[[Account], Account]) -> Account:
        changed = change(await self.get(customer_id))
        await asyncio.sleep(0)
        return await super().update(customer_id, lambda _: changed)


async def test_a_lost_change_of_an_account_is_noticed(database: Database) -> None:
    with pytest.raises(AssertionError):
        await AccountsContract().test_concurrent_changes_are_all_kept(HastyAccounts(database, SEALER))


class OpenAccounts(SqliteAccounts):
    """Names an address by itself."""

    def key_of(self, email: str) -> str:
        return email


async def test_a_digest_that_shows_the_address_is_noticed(database: Database) -> None:
    with pytest.raises(AssertionError):
        await AccountsContract().test_a_digest_tells_addresses_apart_and_shows_none(OpenAccounts(database, SEALER))


class ForgetfulAccounts(SqliteAccounts):
    """Goes on looking for the address that somebody had at first."""

    async def find_by_email(self, email: str) -> Account | None:
        return await super().find_by_email(email.replace("anna@", "ann@"))


async def test_an_address_that_does_not_move_is_noticed(database: Database) -> None:
    with pytest.raises(AssertionError):
        await AccountsContract().test_an_address_can_change(ForgetfulAccounts(database, SEALER))


class HastySessions(SqliteSessions):
    """Two who show a token at once both see the session as it was."""

    async def update(self, session_id: SessionId, change: Callable[[Session], Session]) -> Session:
        old = await self.get(session_id)
        await asyncio.sleep(0)
        changed = change(old)
        return await super().update(session_id, lambda held: msgspec.structs.replace(changed, counter=held.counter + 1))


async def test_a_token_that_is_rotated_twice_is_noticed(database: Database) -> None:
    with pytest.raises(AssertionError):
        await SessionsContract().test_a_token_is_rotated_once_however_many_come(HastySessions(database, SEALER))


class CarelessSessions(SqliteSessions):
    """Ends everybody's, the one to be spared included."""

    async def end_all(self, customer_id: CustomerId, at: datetime, spare: SessionId | None = None) -> int:
        return await super().end_all(customer_id, at)


async def test_an_ended_session_that_was_to_be_spared_is_noticed(database: Database) -> None:
    with pytest.raises(AssertionError):
        await SessionsContract().test_all_of_a_customer_s_end_but_one(CarelessSessions(database, SEALER))


class KeenSessions(SqliteSessions):
    """Ends those that were opened last."""

    async def end_longest_unused(self, customer_id: CustomerId, keep: int, at: datetime) -> int:
        newest = list(await self.of_customer(customer_id))[keep:]
        for session in newest:
            await self.update(session.id, lambda held: msgspec.structs.replace(held, ended_at=at))
        return len(newest)


async def test_a_new_session_that_ends_in_the_place_of_an_old_one_is_noticed(database: Database) -> None:
    with pytest.raises(AssertionError):
        await SessionsContract().test_the_longest_unused_end_beyond_so_many(
            KeenSessions(database, SEALER), SqliteUnitOfWork(database)
        )


class AgingSessions(SqliteSessions):
    """Ends those that were opened first, in use or not."""

    async def end_longest_unused(self, customer_id: CustomerId, keep: int, at: datetime) -> int:
        oldest = list(await self.of_customer(customer_id))[:-keep]
        for session in oldest:
            await self.update(session.id, lambda held: msgspec.structs.replace(held, ended_at=at))
        return len(oldest)


async def test_an_old_session_that_ends_though_it_is_used_is_noticed(database: Database) -> None:
    with pytest.raises(AssertionError):
        await SessionsContract().test_the_longest_unused_end_beyond_so_many(
            AgingSessions(database, SEALER), SqliteUnitOfWork(database)
        )


class LentCarts(SqliteCarts):
    """Finds a customer's cart when it is ordered too."""

    async def find_by_customer(self, customer_id: CustomerId) -> Cart | None:
        rows = await self._database.read(lambda connection: connection.execute("SELECT id FROM carts").fetchall())
        carts = [await self.get(each[0]) for each in rows]
        return next((cart for cart in carts if cart.customer_id == customer_id), None)


async def test_an_ordered_cart_that_is_still_found_is_noticed(database: Database) -> None:
    with pytest.raises(AssertionError):
        await CartsContract().test_an_ordered_cart_makes_room_for_the_next(LentCarts(database, SEALER))


class EndlessPasswords(Argon2Passwords):
    """Lets any number wait."""

    async def hash(self, password: str) -> str:
        return await asyncio.to_thread(self._hash, password)


class ShortPasswords(Argon2Passwords):
    """Looks at the first 72 bytes, as another well-known hash does."""

    async def hash(self, password: str) -> str:
        return await super().hash(password[:72])

    async def verify(self, hashed: str | None, password: str) -> bool:
        return await super().verify(hashed, password[:72])


async def test_passwords_without_a_bound_or_without_an_end_are_noticed() -> None:
    with pytest.raises(AssertionError):
        await PasswordsContract().test_too_many_at_once_are_refused_early(
            EndlessPasswords(memory_cost=8, time_cost=1, parallelism=1)
        )
    with pytest.raises(AssertionError):
        await PasswordsContract().test_a_password_is_its_hash_s_and_no_other(
            ShortPasswords(memory_cost=8, time_cost=1, parallelism=1), "a" * 256
        )


class TrustingTokens(EdDsaAccessTokens):
    """Believes what a token says, whoever has signed it."""

    def read(self, token: str) -> Claims:
        payload = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
        mine = jwt.encode(payload, self._signing, algorithm="EdDSA", headers={"kid": self._active, "typ": "at+jwt"})
        return super().read(mine)


def test_a_token_that_anybody_could_have_signed_is_noticed() -> None:
    trusting = TrustingTokens(SEEDS[:2], "https://shop.example")
    contract, stranger = AccessTokensContract(), EdDsaAccessTokens(SEEDS[2:], "https://shop.example")

    with pytest.raises(pytest.fail.Exception):
        contract.test_a_changed_token_is_refused(trusting)
    with pytest.raises(pytest.fail.Exception):
        contract.test_a_key_that_is_not_at_hand_is_refused(trusting, stranger)


class PatientCodes(TotpCodes):
    """Takes codes of the last five minutes."""

    def step_of(self, secret: str, code: str, now: datetime) -> int | None:
        steps = (super(PatientCodes, self).step_of(secret, code, now - timedelta(seconds=30 * n)) for n in range(10))
        return next((step for step in steps if step is not None), None)


def test_a_code_that_is_good_for_too_long_is_noticed() -> None:
    with pytest.raises(AssertionError):
        OneTimeCodesContract().test_codes_are_those_of_the_standard(PatientCodes("shop"), *VECTORS[1])


class LendingAccounts(SqliteAccounts):
    """Knows no passkeys but its own."""

    async def update(self, customer_id: CustomerId, change: Callable[[Account], Account]) -> Account:
        await self._database.write(lambda connection: connection.execute("DELETE FROM passkeys"))
        return await super().update(customer_id, change)


async def test_a_passkey_of_two_accounts_is_noticed(database: Database) -> None:
    with pytest.raises(pytest.fail.Exception):
        await AccountsContract().test_a_passkey_is_one_account_s(LendingAccounts(database, SEALER))


class HoardingAccounts(SqliteAccounts):
    """Keeps the passkeys of accounts that are gone."""

    async def remove(self, customer_id: CustomerId) -> None:
        await self.update(customer_id, lambda held: msgspec.structs.replace(held, email=f"gone/{held.email}"))


async def test_a_passkey_that_stays_taken_is_noticed(database: Database) -> None:
    with pytest.raises(PasskeyTaken):
        await AccountsContract().test_a_removed_passkey_is_free(HoardingAccounts(database, SEALER))


class HastySpentTokens(SqliteSpentTokens):
    """Looks first and writes later."""

    async def spend(self, digest: str, until: datetime) -> bool:
        seen = await self._database.scan(lambda connection: connection.execute(_SEEN, (digest,)).fetchone())
        await asyncio.sleep(0)
        await super().spend(digest, until)
        return seen is None


_SEEN = "SELECT 1 FROM spent_tokens WHERE digest = ?"


class ForgetfulSpentTokens(SqliteSpentTokens):
    """Forgets whatever there is."""

    async def forget(self, now: datetime, limit: int) -> int:
        return await super().forget(now + timedelta(days=1), limit)


async def test_a_token_that_is_spent_twice_is_noticed(database: Database) -> None:
    contract = SpentTokensContract()
    with pytest.raises((AssertionError, RuntimeError)):
        await contract.test_of_many_at_once_one_is_the_first(HastySpentTokens(database), SqliteUnitOfWork(database))
    with pytest.raises(AssertionError):
        await contract.test_it_is_remembered_until_its_time_is_over(ForgetfulSpentTokens(database))


class TrustingPasskeys(WebauthnPasskeys):
    """Believes any page, and any counter."""

    def used(self, passkey: Passkey, assertion: Assertion, challenge: bytes) -> Use:
        said = json.loads(base64.urlsafe_b64decode(assertion.client_data + "=="))
        trusting = WebauthnPasskeys(self.domain, [said["origin"]])
        return trusting.used(msgspec.structs.replace(passkey, sign_count=0), assertion, challenge)


def test_a_passkey_that_is_believed_too_much_is_noticed() -> None:
    trusting, contract = TrustingPasskeys(DOMAIN, [ORIGIN]), PasskeysContract()
    with pytest.raises(pytest.fail.Exception):
        contract.test_a_lie_is_found_out(trusting, an_authenticator(), "another site's page")
    with pytest.raises(pytest.fail.Exception):
        contract.test_a_counter_that_does_not_grow_is_a_copy_s(trusting, an_authenticator())
