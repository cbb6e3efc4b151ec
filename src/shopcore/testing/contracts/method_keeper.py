"""The contract of `shopcore.payments.ports.MethodKeeper`, together with the gateway that takes the money."""

import msgspec
import pytest

from shopcore.kernel.ids import CustomerId
from shopcore.payments.errors import MethodNotFound
from shopcore.payments.model import PaymentState, Report, WalletName
from shopcore.payments.ports import MethodKeeper, PaymentGateway
from shopcore.testing.contracts.gateway import TAKEN, RemoteParty, a_payment

ANN, BOB = CustomerId("customer-ann"), CustomerId("customer-bob")

replace = msgspec.structs.replace


@pytest.mark.anyio
class MethodKeeperContract:
    """Override `keeper`, `gateway` and `remote`."""

    @pytest.fixture
    def keeper(self) -> MethodKeeper:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def gateway(self) -> PaymentGateway:
        pytest.fail("override this fixture with the gateway that it belongs to")

    @pytest.fixture
    def remote(self) -> RemoteParty:
        pytest.fail("override this fixture with the other side of the gateway")

    async def test_a_customer_has_one_wallet(self, keeper: MethodKeeper) -> None:
        """However often it is asked for; others have others, and there is nothing in them."""
        anns, again, bobs = await keeper.open(ANN), await keeper.open(ANN), await keeper.open(BOB)

        assert anns == again != bobs
        assert not list(await keeper.methods(anns))

    async def test_what_its_owner_agrees_to_is_kept(
        self, keeper: MethodKeeper, gateway: PaymentGateway, remote: RemoteParty
    ) -> None:
        """And nothing else, nor what was declined; the newest first, and no number."""
        wallet = await keeper.open(ANN)
        await _paid(gateway, remote.ok, wallet)
        before = list(await keeper.methods(wallet))
        await _paid(gateway, remote.declined, wallet, saves=True)
        await _paid(gateway, remote.ok, wallet, saves=True)
        kept = list(await keeper.methods(wallet))
        await _paid(gateway, remote.ok, wallet, saves=True)

        assert not before
        assert [(each.gateway, len(each.last4 or "")) for each in kept] == [(keeper.name, 4)]
        assert [each.id for each in await keeper.methods(wallet)][1:] == [each.id for each in kept]

    async def test_what_is_kept_pays_again(
        self, keeper: MethodKeeper, gateway: PaymentGateway, remote: RemoteParty
    ) -> None:
        """For its owner, and for nobody else who knows what it is called."""
        wallet, bobs = await keeper.open(ANN), await keeper.open(BOB)
        method = await _kept(keeper, gateway, remote, wallet)
        again = await _paid(gateway, method, wallet)
        strangers = [await _paid(gateway, method, other) for other in (bobs, None)]

        assert again.state in TAKEN
        assert [report.state for report in strangers] == [PaymentState.FAILED] * 2
        assert all(report.failure for report in strangers)

    async def test_what_is_dropped_pays_no_more(
        self, keeper: MethodKeeper, gateway: PaymentGateway, remote: RemoteParty
    ) -> None:
        """Who asks for another wallet's is told that there is no such thing, and it stays."""
        wallet, bobs = await keeper.open(ANN), await keeper.open(BOB)
        method = await _kept(keeper, gateway, remote, wallet)
        with pytest.raises(MethodNotFound):
            await keeper.drop(bobs, method)
        stays = [each.id for each in await keeper.methods(wallet)]
        await keeper.drop(wallet, method)
        with pytest.raises(MethodNotFound):
            await keeper.drop(wallet, method)

        assert stays == [method]
        assert not list(await keeper.methods(wallet))
        assert (await _paid(gateway, method, wallet)).state is PaymentState.FAILED

    async def test_a_closed_wallet_is_empty(
        self, keeper: MethodKeeper, gateway: PaymentGateway, remote: RemoteParty
    ) -> None:
        """As often as it is closed; what was in it pays no more."""
        wallet = await keeper.open(ANN)
        method = await _kept(keeper, gateway, remote, wallet)
        for _ in range(2):
            await keeper.close(wallet)

        assert not list(await keeper.methods(wallet))
        with pytest.raises(MethodNotFound):
            await keeper.drop(wallet, method)
        assert (await _paid(gateway, method, None)).state is PaymentState.FAILED


async def _paid(gateway: PaymentGateway, method: str, wallet: str | None, *, saves: bool = False) -> Report:
    name = None if wallet is None else WalletName(gateway=gateway.name, reference=wallet)
    return await gateway.begin(replace(a_payment(method), wallet=name, saves=saves))


async def _kept(keeper: MethodKeeper, gateway: PaymentGateway, remote: RemoteParty, wallet: str) -> str:
    """What a method is called that is in the wallet now."""
    await _paid(gateway, remote.ok, wallet, saves=True)
    return (await keeper.methods(wallet))[0].id
