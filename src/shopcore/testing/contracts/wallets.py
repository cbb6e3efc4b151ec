"""The contract of `shopcore.payments.ports.Wallets`."""

import asyncio

import msgspec
import pytest

from shopcore.kernel.ids import CustomerId
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.payments.model import Wallet
from shopcore.payments.ports import Wallets
from shopcore.testing.contracts.samples import NOON

ANN = CustomerId("customer-ann")
BOB = CustomerId("customer-bob")
FIRST = Wallet(customer_id=ANN, gateway="stripe", reference="cus_1", opened_at=NOON)

replace = msgspec.structs.replace


class Undone(Exception):
    """What a caller's own code raises."""


@pytest.mark.anyio
class WalletsContract:
    """Override `wallets` and `unit_of_work`."""

    @pytest.fixture
    def wallets(self) -> Wallets:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def unit_of_work(self) -> UnitOfWork:
        pytest.fail("override this fixture with the unit of work that the port joins")

    async def test_each_customer_has_one_at_each_gateway(self, wallets: Wallets) -> None:
        """By gateway; whoever comes later is told of the first."""
        elsewhere, bobs = replace(FIRST, gateway="bogus"), replace(FIRST, customer_id=BOB, reference="cus_2")
        for wallet in (FIRST, elsewhere, bobs):
            assert await wallets.add(wallet) == wallet
        told = await wallets.add(replace(FIRST, reference="cus_3"))

        assert told == FIRST
        assert list(await wallets.of_customer(ANN)) == [elsewhere, FIRST]
        assert list(await wallets.of_customer(BOB)) == [bobs]

    async def test_of_many_at_the_same_moment_one_is_kept(self, wallets: Wallets) -> None:
        """And all are told of it."""
        told = await asyncio.gather(*(wallets.add(replace(FIRST, reference=f"cus_{each}")) for each in range(10)))

        assert len(set(told)) == 1
        assert list(await wallets.of_customer(ANN)) == told[:1]

    async def test_all_of_one_customer_are_forgotten(self, wallets: Wallets) -> None:
        """And nobody else's; once more is no mistake."""
        bobs = replace(FIRST, customer_id=BOB)
        for wallet in (FIRST, replace(FIRST, gateway="bogus"), bobs):
            await wallets.add(wallet)
        for _ in range(2):
            await wallets.remove_all(ANN)

        assert not list(await wallets.of_customer(ANN))
        assert list(await wallets.of_customer(BOB)) == [bobs]

    async def test_an_undone_unit_keeps_nothing(self, wallets: Wallets, unit_of_work: UnitOfWork) -> None:
        """And forgets nothing."""
        await wallets.add(FIRST)

        async def work() -> None:
            await wallets.add(replace(FIRST, gateway="bogus"))
            await wallets.remove_all(ANN)
            raise Undone

        with pytest.raises(Undone):
            await unit_of_work(work)
        assert list(await wallets.of_customer(ANN)) == [FIRST]
