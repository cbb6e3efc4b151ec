"""What the way to Stripe makes of an outage: few tries, and then none until somebody has looked."""

import pytest
from tests.contracts.stripe_party import a_stripe

from shopcore.payments.errors import GatewayUnavailable
from shopcore.testing.contracts.gateway import a_payment
from shopcore.testing.stripe_double import Fault

pytestmark = pytest.mark.anyio

BROKEN = (Fault.CUT, Fault.DROP_ANSWER, Fault.HALF_AN_ANSWER, Fault.HALF_AN_ERROR, Fault.STRANGE_ANSWER)


@pytest.mark.parametrize("fault", BROKEN)
async def test_answers_that_do_not_come_are_asked_for_again_and_open_the_breaker(fault: Fault) -> None:
    """One that breaks off in the middle is none, nor is what somebody between the shop and Stripe says."""
    async with a_stripe() as party:
        party.double.faults.plan(fault, times=None)
        with pytest.raises(GatewayUnavailable):
            await party.gateway().begin(a_payment(party.ok))

        assert party.double.faults.struck[fault] == 3
        assert party.link.is_closed
