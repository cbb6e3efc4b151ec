"""Accounts, sessions, and what was used up, on every store."""

import pytest
from tests.contracts.stores import Store

from shopcore.identity.ports import Accounts, Sessions, SpentTokens
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.testing.contracts.accounts import AccountsContract
from shopcore.testing.contracts.sessions import SessionsContract
from shopcore.testing.contracts.spent_tokens import SpentTokensContract


class TestAccounts(AccountsContract):
    @pytest.fixture
    def accounts(self, store: Store) -> Accounts:
        return store.accounts

    @pytest.fixture
    def unit_of_work(self, store: Store) -> UnitOfWork:
        return store.unit_of_work


class TestSessions(SessionsContract):
    @pytest.fixture
    def sessions(self, store: Store) -> Sessions:
        return store.sessions

    @pytest.fixture
    def unit_of_work(self, store: Store) -> UnitOfWork:
        return store.unit_of_work


class TestSpentTokens(SpentTokensContract):
    @pytest.fixture
    def spent(self, store: Store) -> SpentTokens:
        return store.spent_tokens

    @pytest.fixture
    def unit_of_work(self, store: Store) -> UnitOfWork:
        return store.unit_of_work
