"""The audit log, on every store."""

import pytest
from tests.contracts.stores import Store

from shopcore.audit.ports import AuditLog
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.testing.contracts.audit_log import AuditLogContract


class TestAuditLog(AuditLogContract):
    @pytest.fixture
    def audit_log(self, store: Store) -> AuditLog:
        return store.audit_log

    @pytest.fixture
    def unit_of_work(self, store: Store) -> UnitOfWork:
        return store.unit_of_work
