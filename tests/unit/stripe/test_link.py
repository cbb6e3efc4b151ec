"""What the way to Stripe makes of an outage: few tries, and then none until somebody has looked."""

import asyncio
from collections.abc import Mapping
from typing import NamedTuple

import pytest
from stripe import StripeClient
from tests.contracts.stripe_party import a_stripe

from shopcore.adapters.local.chance import LocalChance
from shopcore.adapters.stripe.link import Link
from shopcore.payments.errors import GatewayUnavailable
from shopcore.testing.contracts.gateway import a_payment
from shopcore.testing.stripe_double import Fault

pytestmark = pytest.mark.anyio

BROKEN = (Fault.CUT, Fault.DROP_ANSWER, Fault.HALF_AN_ANSWER, Fault.HALF_AN_ERROR, Fault.STRANGE_ANSWER)


class Told(NamedTuple):
    """An answer that came at once."""

    body: str = "{}"
    headers: Mapping[str, str] = {}

    @property
    def last_response(self) -> "Told":
        return self


async def at_once(_: StripeClient) -> Told:
    return Told()


async def test_a_queue_before_the_shops_own_cap_is_no_outage_of_stripe() -> None:
    """Those for whom there is no turn in time are told so, and nobody is kept from asking."""
    link = Link(StripeClient("sk_test_queue"), LocalChance(), deadline=1.0, calls_per_second=20)
    answers = await asyncio.gather(*(link.ask(at_once) for _ in range(60)), return_exceptions=True)

    assert {type(answer) for answer in answers} == {Told, GatewayUnavailable}
    assert not link.is_closed


@pytest.mark.parametrize("fault", BROKEN)
async def test_answers_that_do_not_come_are_asked_for_again_and_open_the_breaker(fault: Fault) -> None:
    """One that breaks off in the middle is none, nor is what somebody between the shop and Stripe says."""
    async with a_stripe() as party:
        party.double.faults.plan(fault, times=None)
        with pytest.raises(GatewayUnavailable):
            await party.gateway().begin(a_payment(party.ok))

        assert party.double.faults.struck[fault] == 3
        assert party.link.is_closed
