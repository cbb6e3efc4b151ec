"""The contracts of the sales ports notice the mistakes they are there for: each is planted in an adapter here."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import msgspec
import pytest
from tests.contracts.stores import Store, sqlite_store

from shopcore.adapters.local.keys import new_key_ring
from shopcore.adapters.local.sealing import AesGcmSealer
from shopcore.adapters.sqlite.audit_log import SqliteAuditLog
from shopcore.adapters.sqlite.carts import SqliteCarts
from shopcore.adapters.sqlite.claims import SqliteClaims
from shopcore.adapters.sqlite.database import Database, SqliteUnitOfWork
from shopcore.adapters.sqlite.inbox import SqliteInbox
from shopcore.adapters.sqlite.ledger import SqliteLedger
from shopcore.adapters.sqlite.orders import SqliteOrders
from shopcore.adapters.sqlite.payments import SqlitePayments
from shopcore.audit.errors import PlaceTaken
from shopcore.audit.model import Entry
from shopcore.cart.model import Cart
from shopcore.idempotency.errors import RequestInProgress
from shopcore.idempotency.model import Claim
from shopcore.kernel.errors import NotFound
from shopcore.kernel.ids import CartId, OrderId, PaymentId
from shopcore.kernel.paging import Position, Slice
from shopcore.ordering.model import Order
from shopcore.payments.model import JournalEntry, Payment, Total
from shopcore.payments.ports import Aside, GatewayEvent
from shopcore.testing.contracts.audit_log import AuditLogContract
from shopcore.testing.contracts.carts import CartsContract
from shopcore.testing.contracts.claims import ClaimsContract
from shopcore.testing.contracts.inbox import InboxContract
from shopcore.testing.contracts.ledger import LedgerContract
from shopcore.testing.contracts.orders import OrdersContract
from shopcore.testing.contracts.payments import PaymentsContract

pytestmark = pytest.mark.anyio

SEALER = AesGcmSealer(new_key_ring())


@pytest.fixture
def store(database: Database) -> Store:
    """The sound ports beside the broken one."""
    return sqlite_store(database)


class HastyCarts(SqliteCarts):
    """Reads, decides, and writes later over what others wrote."""

    async def update(self, cart_id: CartId, change: Callable[[Cart], Cart]) -> Cart:
        changed = change(await self.get(cart_id))
        await asyncio.sleep(0)
        return await super().update(cart_id, lambda _: changed)


async def test_a_lost_line_is_noticed(database: Database) -> None:
    with pytest.raises(AssertionError):
        await CartsContract().test_no_writer_loses_a_line(HastyCarts(database, SEALER))


class BlindCarts(SqliteCarts):
    """Replaces whatever is there."""

    async def replace(self, cart: Cart) -> None:
        await super().update(cart.id, lambda _: cart)


async def test_a_swap_without_a_look_at_the_version_is_noticed(database: Database) -> None:
    with pytest.raises(pytest.fail.Exception):
        await CartsContract().test_another_version_is_not_replaced(BlindCarts(database, SEALER))


async def test_a_swap_that_all_win_is_noticed(database: Database) -> None:
    with pytest.raises(AssertionError):
        await CartsContract().test_one_of_many_replaces_a_version(BlindCarts(database, SEALER))


class CachingCarts(SqliteCarts):
    """Remembers what it wrote, though the unit was undone."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, SEALER)
        self.cache: dict[CartId, Cart] = {}

    async def update(self, cart_id: CartId, change: Callable[[Cart], Cart]) -> Cart:
        self.cache[cart_id] = await super().update(cart_id, change)
        return self.cache[cart_id]

    async def get(self, cart_id: CartId) -> Cart:
        return self.cache.get(cart_id) or await super().get(cart_id)


async def test_a_write_that_outlives_its_unit_is_noticed(database: Database, store: Store) -> None:
    with pytest.raises(AssertionError):
        await CartsContract().test_an_undone_unit_leaves_nothing(CachingCarts(database), store.unit_of_work)


class HastyOrders(SqliteOrders):
    """As the carts; and it looks numbers up as they are written."""

    async def update(self, order_id: OrderId, change: Callable[[Order], Order]) -> Order:
        changed = change(await self.get(order_id))
        await asyncio.sleep(0)
        return await super().update(order_id, lambda _: changed)

    async def get_by_number(self, number: str) -> Order:
        found = await super().get_by_number(number)
        if found.number != number:
            raise NotFound(number)
        return found


async def test_a_lost_note_is_noticed(database: Database) -> None:
    with pytest.raises(AssertionError):
        await OrdersContract().test_concurrent_changes_are_all_kept(HastyOrders(database, SEALER))


async def test_an_order_cancelled_twice_is_noticed(database: Database) -> None:
    with pytest.raises(AssertionError):
        await OrdersContract().test_paid_or_cancelled_but_not_both(HastyOrders(database, SEALER))


async def test_a_number_that_must_be_written_exactly_is_noticed(database: Database) -> None:
    with pytest.raises(NotFound):
        await OrdersContract().test_a_number_is_read_as_people_write_it(HastyOrders(database, SEALER))


class ForgetfulPayments(SqlitePayments):
    """A known payment that is added again starts over."""

    async def add(self, payment: Payment) -> None:
        await super().add(payment)
        with suppress(Exception):  # the store itself refuses to forget that money was taken
            await super().update(payment.id, lambda _: payment)


async def test_a_payment_that_starts_over_is_noticed(database: Database) -> None:
    """Even with the store's own guard out of the way."""
    await database.write(lambda connection: connection.execute("DROP TRIGGER payments_keep_what_they_took"))

    with pytest.raises(AssertionError):
        await PaymentsContract().test_a_known_id_is_not_added_again(ForgetfulPayments(database, SEALER))


class CarelessPayments(SqlitePayments):
    """Whatever goes by the id of an order is taken for its payment."""

    async def of_order(self, order_id: OrderId) -> Payment | None:
        with suppress(NotFound):
            return await self.get(PaymentId(order_id))
        return await super().of_order(order_id)


async def test_the_payment_of_another_order_is_noticed(database: Database) -> None:
    with pytest.raises(AssertionError):
        await PaymentsContract().test_one_may_go_by_the_id_of_its_order(CarelessPayments(database, SEALER))


class GuessingPayments(SqlitePayments):
    """Whatever is asked for is there."""

    async def known(self, payment_ids: Collection[PaymentId]) -> Sequence[Payment]:
        return [await self.get(payment_id) for payment_id in payment_ids]


async def test_a_payment_that_is_made_up_is_noticed(database: Database) -> None:
    with pytest.raises(NotFound):
        await PaymentsContract().test_those_of_many_that_there_are_are_known(GuessingPayments(database, SEALER))


class NarrowLedger(SqliteLedger):
    """Thinks that whoever is known by one entry is known by all."""

    async def post(self, *entries: JournalEntry) -> None:
        known = await self.posted(entries)
        await super().post(*(() if known else entries))


async def test_a_known_entry_that_keeps_others_away_is_noticed(database: Database) -> None:
    with pytest.raises(AssertionError):
        await LedgerContract().test_many_orders_are_posted_and_read_at_once(NarrowLedger(database))


class KeylessLedger(SqliteLedger):
    """Posts the same thing again under another key."""

    times = 0

    async def post(self, *entries: JournalEntry) -> None:
        for entry in entries:
            self.times += 1
            await super().post(msgspec.structs.replace(entry, key=f"{entry.key}/{self.times}"))


async def test_a_double_posting_is_noticed(database: Database) -> None:
    with pytest.raises(AssertionError):
        await LedgerContract().test_a_key_is_posted_once(KeylessLedger(database))


async def test_a_ledger_that_takes_anything_is_noticed(database: Database) -> None:
    """It is the store that refuses; without its trigger the contract fails."""
    await database.write(lambda connection: connection.execute("DROP TRIGGER journal_entries_balance"))

    with pytest.raises(pytest.fail.Exception):
        await LedgerContract().test_currencies_do_not_make_up_for_each_other(SqliteLedger(database))


class SharedTill(SqliteLedger):
    """Does not tell gateways apart, nor when a time ends."""

    async def entries_at(
        self, gateway: str, since: datetime, until: datetime, limit: int | None = None
    ) -> Sequence[JournalEntry]:
        found = await super().entries_at(gateway, since, until + timedelta(minutes=1), limit)
        return [*found, *await super().entries_at("stripe", since, until, limit)]

    async def totals(self, since: datetime, until: datetime, *, fresh: bool = False) -> Sequence[Total]:
        found = await super().totals(since, until + timedelta(minutes=1), fresh=fresh)
        return [msgspec.structs.replace(one, is_sale=False) for one in found]


async def test_a_till_that_everybody_shares_is_noticed(database: Database) -> None:
    contract = LedgerContract()

    with pytest.raises(AssertionError):
        await contract.test_entries_of_a_gateway_are_found_by_time(SharedTill(database))
    with pytest.raises(AssertionError):
        await contract.test_totals_are_by_account_gateway_and_currency(SharedTill(database))
    with pytest.raises(AssertionError):
        await contract.test_totals_tell_what_was_sold_from_what_followed(SharedTill(database))


class ForgetfulLedger(SqliteLedger):
    """Takes what it has posted for something new."""

    async def posted(self, entries: Collection[JournalEntry]) -> frozenset[str]:
        return frozenset(list(await super().posted(entries))[1:])


async def test_a_ledger_that_forgets_a_key_is_noticed(database: Database) -> None:
    with pytest.raises(AssertionError):
        await LedgerContract().test_keys_that_were_posted_are_told_from_others(
            ForgetfulLedger(database), SqliteUnitOfWork(database)
        )


class HastyInbox(SqliteInbox):
    """Looks first, then stores."""

    async def store(self, event: GatewayEvent, at: datetime) -> bool:
        seen = await self.get(event.gateway, event.event_id) is not None
        await asyncio.sleep(0)
        await super().store(event, at)
        return not seen


async def test_an_event_that_is_new_twice_is_noticed(database: Database) -> None:
    with pytest.raises(AssertionError):
        await InboxContract().test_an_event_is_stored_once(HastyInbox(database))


class EagerInbox(SqliteInbox):
    """Looks at everything that is set aside, whatever its time."""

    async def to_look_at(self, now: datetime, limit: int) -> Sequence[Aside]:
        return (await self.all_aside(None, limit)).items


async def test_what_is_looked_at_before_its_time_is_noticed(database: Database) -> None:
    with pytest.raises(AssertionError):
        await InboxContract().test_what_is_set_aside_is_looked_at_when_its_time_has_come(EagerInbox(database))


class SilentAuditLog(SqliteAuditLog):
    """Drops what does not fit, and says nothing."""

    async def append(self, entry: Entry) -> None:
        with suppress(PlaceTaken):
            await super().append(entry)


async def test_a_dropped_audit_entry_is_noticed(database: Database) -> None:
    with pytest.raises(AssertionError):
        await AuditLogContract().test_a_place_is_taken_once(SilentAuditLog(database))


class StumblingAuditLog(SqliteAuditLog):
    """Begins the next page with the last entry of the one before."""

    async def latest(self, before: Position | None, limit: int) -> Slice[Entry]:
        return await super().latest(before and (int(before[0] or 0) + 1,), limit)


async def test_an_audit_entry_that_is_shown_twice_is_noticed(database: Database) -> None:
    with pytest.raises(AssertionError):
        await AuditLogContract().test_the_latest_come_first(StumblingAuditLog(database))


class HastyClaims(SqliteClaims):
    """Everybody gets the key."""

    async def claim(self, wanted: Claim, take_over: Callable[[Claim], Claim]) -> Claim:
        with suppress(RequestInProgress):
            return await super().claim(wanted, take_over)
        return wanted


async def test_a_key_that_two_have_is_noticed(database: Database) -> None:
    with pytest.raises(AssertionError):
        await ClaimsContract().test_one_of_many_has_the_key(HastyClaims(database, SEALER))


class ForgettingClaims(SqliteClaims):
    """The reply is made anew each time."""

    async def claim(self, wanted: Claim, take_over: Callable[[Claim], Claim]) -> Claim:
        return msgspec.structs.replace(await super().claim(wanted, take_over), outcome=b"another")


async def test_another_reply_is_noticed(database: Database) -> None:
    with pytest.raises(AssertionError):
        await ClaimsContract().test_a_finished_claim_is_replayed(ForgettingClaims(database, SEALER))
