"""What was sent, and addresses with troubles, on every store."""

from collections.abc import Awaitable, Callable
from datetime import datetime

import pytest
from msgspec import structs
from tests.contracts.stores import Store

from shopcore.adapters.sqlite.database import Database
from shopcore.adapters.sqlite.messages import SqliteSentMessages, SqliteTroubledAddresses
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.messages.model import Sending, SendingState, Trouble, TroubledAddress
from shopcore.messages.ports import SentMessages, TroubledAddresses
from shopcore.testing.contracts.sent_messages import SentMessagesContract, TroubledAddressesContract


class TestSentMessages(SentMessagesContract):
    @pytest.fixture
    def sent(self, store: Store) -> SentMessages:
        return store.sent_messages


class TestTroubledAddresses(TroubledAddressesContract):
    @pytest.fixture
    def addresses(self, store: Store) -> TroubledAddresses:
        return store.troubled_addresses

    @pytest.fixture
    def unit_of_work(self, store: Store) -> UnitOfWork:
        return store.unit_of_work


class CertainMessages(SqliteSentMessages):
    """Takes a try that was begun for one that failed."""

    async def begin(self, key: str, kind: str, at: datetime) -> Sending:
        await super().close(key, kind, SendingState.WAITING, at)
        return await super().begin(key, kind, at)


class EagerMessages(SqliteSentMessages):
    """Begins again what was sent."""

    async def begin(self, key: str, kind: str, at: datetime) -> Sending:
        return structs.replace(await super().begin(key, kind, at), state=SendingState.OPEN)


class HopefulMessages(SqliteSentMessages):
    """Takes what is open for what never went, once a try could not begin."""

    async def defer(self, key: str, kind: str, at: datetime) -> Sending:
        await super().close(key, kind, SendingState.WAITING, at)
        return await super().defer(key, kind, at)


class StubbornAddresses(SqliteTroubledAddresses):
    """Takes every trouble for the end."""

    async def note(self, address_id: str, trouble: Trouble, at: datetime) -> TroubledAddress:
        return await super().note(address_id, Trouble.BOUNCED, at)


@pytest.mark.parametrize(
    ("planted", "test"),
    [
        (CertainMessages, SentMessagesContract.test_a_try_after_one_of_unknown_end_may_be_a_second_copy),
        (HopefulMessages, SentMessagesContract.test_a_try_that_could_not_begin_leaves_open_what_is_open),
        (EagerMessages, SentMessagesContract.test_what_was_sent_stays_sent),
    ],
)
@pytest.mark.anyio
async def test_messages_that_may_go_twice_are_noticed(
    database: Database, planted: Callable[[Database], SentMessages], test: Callable[..., Awaitable[None]]
) -> None:
    with pytest.raises(AssertionError):
        await test(SentMessagesContract(), planted(database))


class HopefulAddresses(SqliteTroubledAddresses):
    """Whatever was heard first is why: after a complaint, mail that comes back goes on being sent."""

    async def note(self, address_id: str, trouble: Trouble, at: datetime) -> TroubledAddress:
        known = await self.find([address_id])
        is_told = known is not None and known.suppressed_by is not None
        return await super().note(address_id, Trouble.DELAYED if is_told else trouble, at)


@pytest.mark.parametrize("planted", [StubbornAddresses, HopefulAddresses])
@pytest.mark.anyio
async def test_why_an_address_is_given_up_is_held_to_what_was_reported(
    database: Database, planted: Callable[[Database], SqliteTroubledAddresses]
) -> None:
    with pytest.raises(AssertionError):
        await TroubledAddressesContract().test_that_mail_comes_back_stands_above_a_complaint(planted(database))
