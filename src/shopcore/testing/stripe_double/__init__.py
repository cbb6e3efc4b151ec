"""A Stripe that moves no money: a real server on loopback, with state, to be reached by the official client.

It knows PaymentIntents (captured at once or later, declined, authenticated), refunds, disputes, charges, the balance
with its fees, events, signed webhooks, idempotency keys as Stripe documents them, and the payment methods for tests.
It fails on demand. What it does not know it refuses, as Stripe does, so that a test cannot pass by accident.

async with stripe_double() as stripe:
    client = StripeClient(stripe.secret_key, base_addresses={"api": stripe.url}, ...)
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from shopcore.testing.stripe_double import intents, money
from shopcore.testing.stripe_double.account import Account
from shopcore.testing.stripe_double.faults import Fault, Faults
from shopcore.testing.stripe_double.forms import Json
from shopcore.testing.stripe_double.keys import Keys
from shopcore.testing.stripe_double.server import Server
from shopcore.testing.stripe_double.webhooks import Webhooks

__all__ = ["Account", "Fault", "Faults", "StripeDouble", "Webhooks", "intents", "money", "stripe_double"]

SECRET_KEY = "sk_test_double"  # noqa: S105 - it opens nothing


@dataclass(frozen=True)
class StripeDouble:
    """A running double: where it is, what it knows, what it says, and what goes wrong."""

    url: str
    account: Account
    faults: Faults
    webhooks: Webhooks
    secret_key: str = SECRET_KEY

    def authenticate(self, intent_id: str, *, succeeds: bool = True) -> Json:
        """The customer passes the bank's question, or fails it."""
        return intents.authenticate(self.account, intent_id, succeeds=succeeds)

    def settle(self, intent_id: str, *, succeeds: bool = True) -> Json:
        """The bank answers for a payment that is processing."""
        return intents.settle(self.account, intent_id, succeeds=succeeds)

    def settle_refund(self, refund_id: str, *, done: bool = True) -> Json:
        """A refund that is on its way arrives, or comes back."""
        return money.settle_refund(self.account, refund_id, done=done)

    def close_dispute(self, dispute_id: str, *, won: bool) -> None:
        """The bank decides."""
        money.close_dispute(self.account, self.account.disputes[dispute_id], won=won)


@asynccontextmanager
async def stripe_double(
    now: Callable[[], datetime] = lambda: datetime.now(UTC),  # noqa: TID251 - a remote party has a clock of its own
    *,
    port: int = 0,
    secret_key: str = SECRET_KEY,
) -> AsyncGenerator[StripeDouble]:
    """Run one on loopback, on a free port unless told which."""
    account, faults = Account(now), Faults()
    keys = Keys(lambda: account.now())  # noqa: PLW0108 - whoever gives the account another clock gives it to them too
    server = Server(account, keys, faults, secret_key)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", port)
    account.base_url = "http://{}:{}".format(*listening.sockets[0].getsockname()[:2])
    try:
        yield StripeDouble(account.base_url, account, faults, Webhooks(account), secret_key)
    finally:
        listening.close()
        server.close()
        await listening.wait_closed()
