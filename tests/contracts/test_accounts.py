"""Accounts and sessions, on every store."""

import pytest
from tests.contracts.stores import Store

from shopcore.identity.ports import Accounts, Sessions
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.testing.contracts.accounts import AccountsContract
from shopcore.testing.contracts.sessions import SessionsContract


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
