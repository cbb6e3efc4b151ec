"""What a store with a deadline makes of very many sessions."""

import asyncio

import pytest
from tests.contracts.stores import Parts, mongo_database

from shopcore.container.mongo_store import mongo_ports
from shopcore.kernel.ids import CustomerId
from shopcore.testing.contracts.identity_samples import a_session
from shopcore.testing.contracts.samples import NOON

MANY = 2000
A_WRITE = 0.7
"""Seconds: a statement for each session would take several times as long, one for them all takes a tenth."""


@pytest.mark.anyio
async def test_thousands_of_sessions_end_before_the_deadline_of_a_unit(mongo_url: str) -> None:
    """Whoever opened them, to stay when they are thrown out, is thrown out like anybody."""
    parts = Parts()
    async with mongo_database(mongo_url) as patient, mongo_database(mongo_url, A_WRITE) as hasty:
        sessions = mongo_ports(patient, parts)["sessions"]
        for some in range(0, MANY, 100):
            await asyncio.gather(*(sessions.add(a_session(f"{number:04}")) for number in range(some, some + 100)))
        ports = mongo_ports(hasty, parts)
        ended = await ports["unit_of_work"](lambda: ports["sessions"].end_all(CustomerId("ann"), NOON))
        left = await sessions.of_customer(CustomerId("ann"))

    assert (ended, len(left)) == (MANY, 0)
