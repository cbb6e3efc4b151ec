"""The contract of `shopcore.webhooks.ports.Endpoints`."""

import asyncio

import msgspec
import pytest

from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.testing.contracts.webhooks import HOUR, NOON, Undone
from shopcore.webhooks.errors import EndpointNotFound
from shopcore.webhooks.model import Endpoint, Secret
from shopcore.webhooks.model.endpoints import failed, switched_off, took
from shopcore.webhooks.ports import Endpoints


def endpoint(number: int) -> Endpoint:
    """One of several, the same each time."""
    return Endpoint(
        id=f"endpoint-{number}",
        url=f"https://erp-{number}.example.org/hooks",
        created_at=NOON,
        secrets=(Secret(key=f"whsec_{number}"), Secret(key="whsec_old", until=NOON + HOUR)),
        events=("order.paid",),
        description="The books",
    )


@pytest.mark.anyio
class EndpointsContract:
    """Override `endpoints` and `unit_of_work`."""

    @pytest.fixture
    def endpoints(self) -> Endpoints:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def unit_of_work(self) -> UnitOfWork:
        pytest.fail("override this fixture with the unit of work of the same store")

    async def test_endpoints_are_kept_whole_and_in_order(self, endpoints: Endpoints) -> None:
        """With their secrets, the old ones too."""
        for number in (2, 1, 3):
            await endpoints.add(endpoint(number))

        assert list(await endpoints.everything()) == [endpoint(1), endpoint(2), endpoint(3)]
        assert await endpoints.get("endpoint-2") == endpoint(2)

    async def test_one_that_is_there_stays_as_it_is(self, endpoints: Endpoints) -> None:
        """A move that is run again adds what is there."""
        await endpoints.add(endpoint(1))
        await endpoints.change("endpoint-1", lambda held: switched_off(held, "test", NOON))
        await endpoints.add(endpoint(1))

        assert not (await endpoints.get("endpoint-1")).is_on

    async def test_changes_at_one_moment_are_all_kept(self, endpoints: Endpoints) -> None:
        """Each is counted; one that changes nothing is not."""
        await endpoints.add(endpoint(1))

        def longer(held: Endpoint) -> Endpoint:
            return msgspec.structs.replace(held, description=held.description + "!")

        await asyncio.gather(*(endpoints.change("endpoint-1", longer) for _ in range(5)))
        await endpoints.change("endpoint-1", took)

        found = await endpoints.get("endpoint-1")
        assert found == msgspec.structs.replace(endpoint(1), description="The books!!!!!", version=6)

    async def test_of_those_who_decide_by_what_there_is_each_sees_the_others(
        self, endpoints: Endpoints, unit_of_work: UnitOfWork
    ) -> None:
        """All want the same, at one moment; it is there once."""

        async def make(number: int) -> None:
            async def work() -> None:
                await endpoints.settle_among()
                if not await endpoints.everything():
                    await endpoints.add(endpoint(number))

            await unit_of_work(work)

        await asyncio.gather(*(make(number) for number in range(5)))

        assert len(await endpoints.everything()) == 1

    async def test_what_is_not_there_is_said_so(self, endpoints: Endpoints) -> None:
        for missing in (endpoints.get("none"), endpoints.change("none", took), endpoints.remove("none")):
            with pytest.raises(EndpointNotFound):
                await missing

    async def test_one_is_removed(self, endpoints: Endpoints) -> None:
        for number in (1, 2):
            await endpoints.add(endpoint(number))
        await endpoints.remove("endpoint-1")

        assert list(await endpoints.everything()) == [endpoint(2)]

    async def test_an_undone_unit_leaves_them_alone(self, endpoints: Endpoints, unit_of_work: UnitOfWork) -> None:
        await endpoints.add(endpoint(1))

        async def work() -> None:
            await endpoints.add(endpoint(2))
            await endpoints.change("endpoint-1", lambda held: failed(held, NOON))
            assert len(await endpoints.everything()) == 2
            raise Undone

        with pytest.raises(Undone):
            await unit_of_work(work)
        assert list(await endpoints.everything()) == [endpoint(1)]
