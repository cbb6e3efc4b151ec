"""The contract of `shopcore.payments.ports.Switches`."""

import msgspec
import pytest

from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.payments.model import Switch
from shopcore.payments.ports import Switches
from shopcore.testing.contracts.samples import NOON

OFF = Switch(gateway="stripe", is_on=False, by="staff:ada", at=NOON, reason="fails since noon")


class Undone(Exception):
    """What a caller's own code raises."""


@pytest.mark.anyio
class SwitchesContract:
    """Override `switches` and `unit_of_work`."""

    @pytest.fixture
    def switches(self) -> Switches:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def unit_of_work(self) -> UnitOfWork:
        pytest.fail("override this fixture with the unit of work that the port joins")

    async def test_the_last_word_about_each_gateway_is_kept(self, switches: Switches) -> None:
        """By name; of a gateway that nobody has switched nothing is said."""
        assert not list(await switches.everything())
        await switches.put(OFF)
        await switches.put(msgspec.structs.replace(OFF, gateway="bogus"))
        on = msgspec.structs.replace(OFF, is_on=True, reason="")
        await switches.put(on)

        assert list(await switches.everything()) == [msgspec.structs.replace(OFF, gateway="bogus"), on]

    async def test_an_undone_unit_switches_nothing(self, switches: Switches, unit_of_work: UnitOfWork) -> None:
        """Also where it was asked inside."""

        async def work() -> None:
            await switches.put(OFF)
            assert list(await switches.everything()) == [OFF]
            raise Undone

        with pytest.raises(Undone):
            await unit_of_work(work)
        assert not list(await switches.everything())
