"""Decisions that rest on a document which they do not write: snapshots alone would let two of them pass each other."""

import asyncio
import contextvars

import msgspec
import pytest
from tests.contracts.stores import Parts, mongo_database

from shopcore.audit.use_cases.record_entry import RecordEntry
from shopcore.container.mongo_store import mongo_ports
from shopcore.identity.model import Account
from shopcore.kernel.actor import Customer
from shopcore.kernel.ids import CustomerId
from shopcore.testing.contracts.identity_samples import a_session, an_account
from shopcore.testing.contracts.samples import NOON

pytestmark = pytest.mark.anyio

ANN = CustomerId("ann")
OLD = an_account("ann").password


class WrongPassword(Exception):
    """As a sign-in says it."""


def known(held: Account) -> Account:
    """A sign-in from where the owner always signs in: it reads the account, and has nothing to write there."""
    if held.password != OLD:
        raise WrongPassword
    return held


def replaced(held: Account) -> Account:
    return msgspec.structs.replace(held, password="the hash of another")


@pytest.mark.parametrize("is_recorded", [True, False])
async def test_what_is_recorded_is_decided_one_after_the_other(mongo_url: str, *, is_recorded: bool) -> None:
    """A sign-in with the old password that began in one process before another replaced it leaves no session behind.

    The log's next place is what they meet at, so what decides on an account is recorded; unrecorded, it would pass.
    """
    parts = Parts()
    async with mongo_database(mongo_url) as one, mongo_database(mongo_url) as other:
        here, there = mongo_ports(one, parts), mongo_ports(other, parts)
        await here["accounts"].add(an_account("ann"))
        replacing = [True]

        async def record(ports: dict[str, object], action: str) -> None:
            log = RecordEntry(audit_log=ports["audit_log"], clock=parts.clock)  # type: ignore[arg-type]
            if is_recorded:
                await log.record(Customer(customer_id=ANN), action, ANN, before={}, after={})

        async def replace_password() -> None:
            await there["accounts"].update(ANN, replaced)
            await there["sessions"].end_all(ANN, NOON)
            await record(there, "account.change_password")

        async def sign_in() -> None:
            await here["accounts"].update(ANN, known)
            if replacing:
                replacing.clear()
                elsewhere = there["unit_of_work"](replace_password)
                await asyncio.create_task(elsewhere, context=contextvars.Context())
            await here["sessions"].add(a_session("s1"))
            await record(here, "account.sign_in")

        try:
            await here["unit_of_work"](sign_in)
            is_in = True
        except WrongPassword:
            is_in = False
        left = await here["sessions"].of_customer(ANN)

    assert (is_in, len(left)) == ((False, 0) if is_recorded else (True, 1))
