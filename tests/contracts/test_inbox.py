"""The inbox, on every store."""

import pytest
from tests.contracts.stores import Store

from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.payments.ports import Inbox
from shopcore.testing.contracts.inbox import InboxContract


class TestInbox(InboxContract):
    @pytest.fixture
    def inbox(self, store: Store) -> Inbox:
        return store.inbox

    @pytest.fixture
    def unit_of_work(self, store: Store) -> UnitOfWork:
        return store.unit_of_work
