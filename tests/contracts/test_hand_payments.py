"""What staff say of money, on every store, and a store with a mistake."""

from collections.abc import Callable

import pytest
from tests.contracts.stores import Store

from shopcore.adapters.sqlite.database import Database, SqliteUnitOfWork
from shopcore.adapters.sqlite.hand_payments import SqliteHandPayments
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.payments.model import HandPayment
from shopcore.payments.ports import HandPayments
from shopcore.testing.contracts.hand_payments import HandPaymentsContract


class TestHandPayments(HandPaymentsContract):
    @pytest.fixture
    def hand_payments(self, store: Store) -> HandPayments:
        return store.hand_payments

    @pytest.fixture
    def unit_of_work(self, store: Store) -> UnitOfWork:
        return store.unit_of_work


class LooksBeforeItWrites(SqliteHandPayments):
    """Reads in one step and writes in another: two at once both find the same."""

    async def change(self, key: str, change: Callable[[HandPayment | None], HandPayment]) -> HandPayment:
        new = change(await self.get(key))
        return await super().change(key, lambda _: new)


@pytest.mark.anyio
async def test_a_book_that_looks_before_it_writes_is_noticed() -> None:
    database = await Database.open()
    try:
        contract = HandPaymentsContract()
        await contract.test_an_undone_unit_leaves_nothing(SqliteHandPayments(database), SqliteUnitOfWork(database))
        with pytest.raises(AssertionError):
            await contract.test_no_change_is_lost(LooksBeforeItWrites(database))
    finally:
        await database.close()
