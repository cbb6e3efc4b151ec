"""The contract of `shopcore.identity.ports.Accounts`."""

import asyncio
from datetime import timedelta
from functools import partial

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from shopcore.identity.errors import AccountNotFound, EmailTaken, PasskeyTaken
from shopcore.identity.model import Account
from shopcore.identity.model.accounts import lock, remember, set_password, verify
from shopcore.identity.ports import Accounts
from shopcore.kernel.ids import CustomerId
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.testing.contracts.identity_samples import a_passkey, an_account
from shopcore.testing.contracts.sales_samples import a_mark
from shopcore.testing.contracts.samples import NOON, Refused
from shopcore.testing.strategies.identity import accounts as any_accounts

ANN = CustomerId("ann")
replace = msgspec.structs.replace
_renamed = partial(replace, name="Anna")


@pytest.mark.anyio
class AccountsContract:
    """Override `accounts` and `unit_of_work`."""

    @pytest.fixture
    def accounts(self) -> Accounts:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def unit_of_work(self) -> UnitOfWork:
        pytest.fail("override this fixture with the unit of work that the port joins")

    @given(account=any_accounts())
    @settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
    async def test_what_was_added_is_what_is_got(self, accounts: Accounts, account: Account) -> None:
        """Storing and reading is identity: by id, by address, and by the address's digest."""
        mark = a_mark()
        passkeys = tuple(msgspec.structs.replace(one, credential=mark + one.credential) for one in account.passkeys)
        account = msgspec.structs.replace(
            account, id=CustomerId(mark + account.id), email=mark + account.email, passkeys=passkeys
        )
        await accounts.add(account)

        assert await accounts.get(account.id) == account
        assert await accounts.find_by_email(account.email) == account
        assert await accounts.find_by_key(accounts.key_of(account.email)) == account

    async def test_what_is_not_there_is_not_found(self, accounts: Accounts) -> None:
        """Reading and changing refuse; asking by address answers None; forgetting is a no-op."""
        with pytest.raises(AccountNotFound):
            await accounts.get(ANN)
        with pytest.raises(AccountNotFound):
            await accounts.update(ANN, _renamed)
        assert await accounts.find_by_email("nobody@post.example") is None
        assert await accounts.find_by_key(accounts.key_of("nobody@post.example")) is None
        await accounts.remove(ANN)

    async def test_those_that_nobody_verified_are_forgotten(self, accounts: Accounts, unit_of_work: UnitOfWork) -> None:
        """The oldest first, at most so many at a time; their addresses are free. Verified and locked ones stay."""
        names = ("first", "second", "third", "verified", "locked", "late")
        for minutes, name in enumerate(names):
            made = replace(an_account(name), verified_at=None, created_at=NOON + timedelta(minutes=minutes))
            await accounts.add(made)
        await accounts.update(CustomerId("verified"), partial(verify, at=NOON))
        await accounts.update(CustomerId("locked"), partial(lock, at=NOON))
        first = await accounts.get(CustomerId("first"))
        until = NOON + timedelta(minutes=4)

        assert await unit_of_work(lambda: accounts.date_waiting(10)) == 0  # each says so since it was added
        assert await accounts.remove_unverified(NOON - timedelta(microseconds=1), 10) == 0
        assert await unit_of_work(lambda: accounts.remove_unverified(until, 1)) == 1
        assert await accounts.find_by_email(first.email) is None
        assert await accounts.remove_unverified(until, 10) == 2
        assert await accounts.remove_unverified(until, 10) == 0
        left = (await accounts.page(None, 10)).items
        assert sorted(account.id for account in left) == ["late", "locked", "verified"]
        await accounts.add(replace(first, id=CustomerId("again")))

    async def test_whoever_follows_the_link_at_that_moment_is_spared_or_told(self, accounts: Accounts) -> None:
        """Either the account is there and verified, or it is gone and who follows the link hears so."""
        for number in range(5):
            await accounts.add(replace(an_account(f"c{number}"), verified_at=None, created_at=NOON))
        verifying = [accounts.update(CustomerId(f"c{number}"), partial(verify, at=NOON)) for number in range(5)]
        forgotten, *outcomes = await asyncio.gather(
            accounts.remove_unverified(NOON, 5), *verifying, return_exceptions=True
        )

        left = (await accounts.page(None, 10)).items
        verified = [outcome for outcome in outcomes if isinstance(outcome, Account)]
        assert sum(isinstance(outcome, AccountNotFound) for outcome in outcomes) == 5 - len(verified) == forgotten
        assert sorted(account.id for account in left) == sorted(account.id for account in verified)
        assert all(account.verified_at == NOON for account in left)

    async def test_an_undone_unit_has_forgotten_nobody(self, accounts: Accounts, unit_of_work: UnitOfWork) -> None:
        waiting = replace(an_account("c"), verified_at=None, created_at=NOON)
        await accounts.add(waiting)

        async def work() -> None:
            assert await accounts.remove_unverified(NOON, 5) == 1
            raise Refused

        with pytest.raises(Refused):
            await unit_of_work(work)
        assert await accounts.find_by_email(waiting.email) == waiting

    async def test_the_newest_come_first(self, accounts: Accounts) -> None:
        """A page at a time, each once, also while somebody joins."""
        for number in range(5):
            await accounts.add(an_account(f"c{number}"))
        first = await accounts.page(None, 2)
        await accounts.add(an_account("c9"))
        second = await accounts.page(first.next_position, 2)
        third = await accounts.page(second.next_position, 2)

        pages = [[account.id for account in page.items] for page in (first, second, third)]
        assert pages == [["c4", "c3"], ["c2", "c1"], ["c0"]]
        assert third.next_position is None
        assert (await accounts.page(None, 1)).items == [await accounts.get(CustomerId("c9"))]

    async def test_a_digest_tells_addresses_apart_and_shows_none(self, accounts: Accounts) -> None:
        """The same each time."""
        key = accounts.key_of("ann@post.example")

        assert key == accounts.key_of("ann@post.example") != accounts.key_of("tom@post.example")
        assert "ann" not in key

    async def test_an_address_is_one_account_s(self, accounts: Accounts) -> None:
        """A second one is refused, by adding and by changing; the caller can go on."""
        await accounts.add(an_account("ann"))
        await accounts.add(an_account("tom"))

        with pytest.raises(EmailTaken):
            await accounts.add(an_account("eve", email="ann@post.example"))
        with pytest.raises(EmailTaken):
            await accounts.update(CustomerId("tom"), partial(msgspec.structs.replace, email="ann@post.example"))
        assert await accounts.get(CustomerId("tom")) == an_account("tom")
        with pytest.raises(AccountNotFound):
            await accounts.get(CustomerId("eve"))

    async def test_one_of_many_gets_an_address(self, accounts: Accounts) -> None:
        """Five at the same moment: one account, whole."""
        rivals = [an_account(f"rival {number}", email="ann@post.example") for number in range(5)]

        answers = await asyncio.gather(*(accounts.add(rival) for rival in rivals), return_exceptions=True)

        assert sorted(type(answer).__name__ for answer in answers) == [*["EmailTaken"] * 4, "NoneType"]
        assert await accounts.find_by_email("ann@post.example") in rivals

    async def test_an_address_can_change(self, accounts: Accounts) -> None:
        """The new one leads to the account, the old one is free."""
        await accounts.add(an_account("ann"))
        changed = await accounts.update(ANN, partial(msgspec.structs.replace, email="anna@post.example"))

        assert await accounts.find_by_email("anna@post.example") == changed
        assert await accounts.find_by_email("ann@post.example") is None
        await accounts.add(an_account("other", email="ann@post.example"))

    async def test_a_passkey_is_one_account_s(self, accounts: Accounts) -> None:
        """A second account with it is refused, by adding and by changing, and nothing of the attempt stays."""
        await accounts.add(replace(an_account("ann"), passkeys=(a_passkey("key"), a_passkey("other"))))
        await accounts.add(an_account("tom"))
        eve = replace(an_account("eve"), passkeys=(a_passkey("new"), a_passkey("key")))

        with pytest.raises(PasskeyTaken):
            await accounts.add(eve)
        with pytest.raises(PasskeyTaken):
            await accounts.update(CustomerId("tom"), partial(replace, passkeys=eve.passkeys))
        assert await accounts.get(CustomerId("tom")) == an_account("tom")
        await accounts.add(replace(eve, passkeys=(a_passkey("new"),)))

    async def test_one_of_many_gets_a_passkey(self, accounts: Accounts) -> None:
        """Five at the same moment."""
        names = [CustomerId(f"rival{number}") for number in range(5)]
        for name in names:
            await accounts.add(an_account(name))
        take = partial(replace, passkeys=(a_passkey("key"),))

        answers = await asyncio.gather(*(accounts.update(name, take) for name in names), return_exceptions=True)

        assert sorted(type(answer).__name__ for answer in answers) == ["Account", *["PasskeyTaken"] * 4]
        kept = [await accounts.get(name) for name in names]
        assert sum(len(account.passkeys) for account in kept) == 1

    async def test_a_removed_passkey_is_free(self, accounts: Accounts) -> None:
        """By taking it out of the account, and by forgetting the account; what stays in it stays taken."""
        await accounts.add(replace(an_account("ann"), passkeys=(a_passkey("key"), a_passkey("other"))))
        await accounts.update(ANN, partial(replace, passkeys=(a_passkey("other"),)))
        await accounts.add(replace(an_account("tom"), passkeys=(a_passkey("key"),)))
        with pytest.raises(PasskeyTaken):
            await accounts.add(replace(an_account("eve"), passkeys=(a_passkey("other"),)))
        await accounts.remove(CustomerId("tom"))
        await accounts.remove(ANN)

        await accounts.add(replace(an_account("new"), passkeys=(a_passkey("key"), a_passkey("other"))))

    async def test_a_change_counts_the_version_up(self, accounts: Accounts) -> None:
        """The answer is what is stored; an equal account is no change."""
        await accounts.add(an_account("ann"))

        changed = await accounts.update(ANN, _renamed)
        again = await accounts.update(ANN, msgspec.structs.replace)

        assert (changed.version, changed.name) == (2, "Anna")
        assert await accounts.get(ANN) == again == changed

    async def test_a_refused_change_changes_nothing(self, accounts: Accounts) -> None:
        """Whatever `change` raises comes out unchanged."""
        await accounts.add(an_account("ann"))

        def refuse(_account: Account) -> Account:
            raise Refused

        with pytest.raises(Refused):
            await accounts.update(ANN, refuse)
        assert await accounts.get(ANN) == an_account("ann")

    async def test_concurrent_changes_are_all_kept(self, accounts: Accounts) -> None:
        """Ten at the same moment: every one of them counts."""
        await accounts.add(an_account("ann"))

        await asyncio.gather(*(accounts.update(ANN, partial(set_password, password=f"{n}")) for n in range(10)))

        account = await accounts.get(ANN)
        assert (account.credentials, account.version) == (11, 11)

    async def test_a_forgotten_account_is_gone(self, accounts: Accounts) -> None:
        """By every way to it, and its address is free."""
        await accounts.add(an_account("ann"))
        await accounts.remove(ANN)

        with pytest.raises(AccountNotFound):
            await accounts.get(ANN)
        assert await accounts.find_by_email("ann@post.example") is None
        await accounts.add(an_account("new", email="ann@post.example"))

    async def test_an_undone_unit_leaves_nothing(self, accounts: Accounts, unit_of_work: UnitOfWork) -> None:
        """Inside a unit its own writes are seen; when it raises, they never happened."""
        await accounts.add(an_account("ann"))
        await accounts.add(an_account("tom"))

        async def work() -> None:
            await accounts.add(an_account("new"))
            await accounts.update(ANN, partial(msgspec.structs.replace, email="anna@post.example"))
            await accounts.update(ANN, partial(remember, network=("here",)))
            await accounts.update(ANN, partial(replace, passkeys=(a_passkey("key"),)))
            await accounts.remove(CustomerId("tom"))
            found = await accounts.find_by_email("anna@post.example")
            assert found is not None
            assert found.version == 4
            assert await accounts.find_by_email("tom@post.example") is None
            raise Refused

        with pytest.raises(Refused):
            await unit_of_work(work)
        assert await accounts.find_by_email("new@post.example") is None
        assert await accounts.find_by_email("ann@post.example") == an_account("ann")
        assert await accounts.find_by_email("tom@post.example") == an_account("tom")
        await accounts.update(CustomerId("tom"), partial(replace, passkeys=(a_passkey("key"),)))

    async def test_a_refusal_does_not_spoil_the_unit(self, accounts: Accounts, unit_of_work: UnitOfWork) -> None:
        """Who catches `EmailTaken` or `PasskeyTaken` can go on in the same unit."""
        await accounts.add(replace(an_account("ann"), passkeys=(a_passkey("key"),)))

        async def work() -> None:
            with pytest.raises(EmailTaken):
                await accounts.add(an_account("eve", email="ann@post.example"))
            with pytest.raises(PasskeyTaken):
                await accounts.add(replace(an_account("eve"), passkeys=(a_passkey("new"), a_passkey("key"))))
            await accounts.add(an_account("tom"))

        await unit_of_work(work)

        assert await accounts.get(CustomerId("tom")) == an_account("tom")
