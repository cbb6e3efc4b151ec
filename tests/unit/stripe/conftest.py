"""A double, and the official client that talks to it."""

import os
from collections.abc import AsyncIterator

import pytest
import stripe

from shopcore.testing.clock import ManualClock
from shopcore.testing.stripe_double import StripeDouble, stripe_double

collect_ignore = [] if os.environ.get("SHOP_TEST_LOCALSTRIPE") else ["test_second_opinion.py"]
"""What needs another program is collected where there is one."""


@pytest.fixture
def clock() -> ManualClock:
    """The double's own."""
    return ManualClock()


@pytest.fixture
async def double(clock: ManualClock) -> AsyncIterator[StripeDouble]:
    """A running one."""
    async with stripe_double(clock.now) as running:
        yield running


@pytest.fixture
async def client(double: StripeDouble) -> AsyncIterator[stripe.StripeClient]:
    """The official client, which tries nothing twice."""
    http = stripe.AIOHTTPClient(timeout=5)
    yield stripe.StripeClient(
        double.secret_key, base_addresses={"api": double.url}, http_client=http, max_network_retries=0
    )
    await http.close_async()  # type: ignore[no-untyped-call]
