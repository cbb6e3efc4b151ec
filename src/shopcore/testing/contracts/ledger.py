"""The contract of `shopcore.payments.ports.Ledger`."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopcore.kernel.ids import OrderId, PaymentId
from shopcore.kernel.money import Money
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.payments.errors import Unbalanced
from shopcore.payments.model import Account, JournalEntry, Posting, entry
from shopcore.payments.ports import Ledger
from shopcore.testing.contracts.sales_samples import a_mark
from shopcore.testing.contracts.samples import NOON, Refused
from shopcore.testing.strategies.payments import journal_entries


def paid(order: str, amount: int = 2000, currency: str = "USD") -> JournalEntry:
    """The entry of a payment: clearing is debited, the receivable credited."""
    money = Money(amount, currency)
    postings = [(Account.CLEARING, money), (Account.RECEIVABLE, -money)]
    return entry(f"paid/{order}", NOON, OrderId(order), PaymentId(f"payment of {order}"), postings)


def one_off(balanced: JournalEntry) -> JournalEntry:
    """The same entry with one unit more on its first posting."""
    first, *others = balanced.postings
    more = Posting(account=first.account, amount=first.amount + Money(1, first.amount.currency))
    return msgspec.structs.replace(balanced, postings=(more, *others))


@pytest.mark.anyio
class LedgerContract:
    """Override `ledger` and `unit_of_work`."""

    @pytest.fixture
    def ledger(self) -> Ledger:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def unit_of_work(self) -> UnitOfWork:
        pytest.fail("override this fixture with the unit of work that the port joins")

    @given(posted=st.lists(journal_entries(), max_size=4))
    @settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
    async def test_what_was_posted_is_what_is_read(self, ledger: Ledger, posted: list[JournalEntry]) -> None:
        """To the minor unit, and each account's balance is the sum of its postings."""
        mark = a_mark()
        order_id = OrderId(f"{mark}order")
        own = [
            msgspec.structs.replace(one, key=f"{mark}{place}", order_id=order_id) for place, one in enumerate(posted)
        ]
        for one in own:
            await ledger.post(one)

        assert await ledger.entries_of(order_id) == own
        for account in Account:
            balance = await ledger.balance(account, order_id)
            assert {currency: money.amount for currency, money in balance.items()} == sums(own, account)

    async def test_every_currency_sums_to_zero_over_all_accounts(self, ledger: Ledger) -> None:
        """Whatever was posted: the books balance."""
        for number, currency in enumerate(("USD", "JPY", "USD", "KWD")):
            await ledger.post(paid(f"order {number}", 1000 + number, currency))

        totals: Counter[str] = Counter()
        for account in Account:
            for currency, money in (await ledger.balance(account)).items():
                totals[currency] += money.amount
        assert dict(totals) == {"USD": 0, "JPY": 0, "KWD": 0}
        assert (await ledger.balance(Account.CLEARING))["USD"] == Money(2002, "USD")

    async def test_many_orders_are_posted_and_read_at_once(self, ledger: Ledger) -> None:
        """Of each the oldest first; what was known of one of them is passed over, and keeps nothing from the others."""
        names = [f"order-{number:03}" for number in range(150)]
        await ledger.post(*(paid(name) for name in names[:100]))
        later = [msgspec.structs.replace(paid(name, 5), key=f"refund/{name}") for name in names]
        mixed = [one for name, own in zip(names, later, strict=True) for one in (own, paid(name, 7))]
        await ledger.post(*reversed(mixed))
        found = await ledger.entries_of(*(OrderId(name) for name in reversed(names)), OrderId("unknown"))

        known = [one for name, own in zip(names[:100], later, strict=False) for one in (paid(name), own)]
        new = [one for name, own in list(zip(names, later, strict=True))[100:] for one in (paid(name, 7), own)]
        assert found == [*known, *new]
        assert await ledger.entries_of(OrderId(names[120])) == new[40:42]
        assert await ledger.entries_of() == []

    @given(balanced=journal_entries().filter(lambda one: bool(one.postings)))
    @settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
    async def test_an_unbalanced_entry_is_refused(self, ledger: Ledger, balanced: JournalEntry) -> None:
        """One minor unit is enough, whoever built the entry; nothing of it is kept."""
        before = await ledger.entries_of(balanced.order_id)

        with pytest.raises(Unbalanced):
            await ledger.post(one_off(balanced))
        assert await ledger.entries_of(balanced.order_id) == before

    async def test_currencies_do_not_make_up_for_each_other(self, ledger: Ledger) -> None:
        """Ten dollars here and ten euros there balance nothing."""
        crossed = tuple(
            Posting(account=account, amount=amount)
            for account, amount in ((Account.CLEARING, Money(1000, "USD")), (Account.RECEIVABLE, Money(-1000, "EUR")))
        )

        with pytest.raises(Unbalanced):
            await ledger.post(msgspec.structs.replace(paid("mine"), postings=crossed))
        assert await ledger.balance(Account.CLEARING) == {}

    async def test_a_key_is_posted_once(self, ledger: Ledger) -> None:
        """Twenty at the same moment: one entry, the first; a later one with other figures changes nothing."""
        await asyncio.gather(*(ledger.post(paid("mine")) for _ in range(20)))
        await ledger.post(paid("mine", 5))

        assert await ledger.entries_of(OrderId("mine")) == [paid("mine")]
        assert await ledger.balance(Account.CLEARING) == {"USD": Money(2000, "USD")}

    async def test_entries_are_of_their_order_oldest_first(self, ledger: Ledger) -> None:
        """In the order in which they were posted."""
        first, second = paid("mine"), msgspec.structs.replace(paid("mine", 5), key="refund/mine")
        for one in (first, paid("yours"), second):
            await ledger.post(one)

        assert await ledger.entries_of(OrderId("mine")) == [first, second]
        assert await ledger.entries_of(OrderId("unknown")) == []
        assert await ledger.balance(Account.CLEARING, OrderId("yours")) == {"USD": Money(2000, "USD")}
        assert await ledger.balance(Account.TAX, OrderId("mine")) == {}

    async def test_keys_that_were_posted_are_told_from_others(self, ledger: Ledger, unit_of_work: UnitOfWork) -> None:
        """In one look-up, of whichever orders; a unit sees what it has posted itself."""
        await ledger.post(paid("mine"), paid("yours"))

        async def work() -> frozenset[str]:
            await ledger.post(paid("theirs"))
            return await ledger.posted([paid("theirs"), paid("mine"), paid("nobody's")])

        assert await ledger.posted([paid("mine"), paid("yours"), paid("theirs")]) == {"paid/mine", "paid/yours"}
        assert await unit_of_work(work) == {"paid/theirs", "paid/mine"}
        assert await ledger.posted([]) == frozenset()

    async def test_several_are_posted_in_their_order(self, ledger: Ledger) -> None:
        """Those that are known are passed over, among them too; each is found with its order."""
        mine = [msgspec.structs.replace(paid("mine", amount), key=f"mine/{amount}") for amount in (1, 2, 3)]
        await ledger.post()
        await ledger.post(mine[1])
        again = msgspec.structs.replace(paid("mine", 9), key=mine[0].key)

        await ledger.post(mine[0], paid("yours"), mine[1], mine[2], again)

        assert await ledger.entries_of(OrderId("mine")) == [mine[1], mine[0], mine[2]]
        assert await ledger.entries_of(OrderId("yours")) == [paid("yours")]

    async def test_of_several_none_is_posted_with_one_that_is_refused(
        self, ledger: Ledger, unit_of_work: UnitOfWork
    ) -> None:
        """Also for one who catches the refusal and goes on in its unit."""

        async def work() -> None:
            with pytest.raises(Unbalanced):
                await ledger.post(paid("mine"), one_off(paid("yours")))
            await ledger.post(paid("theirs"))

        await unit_of_work(work)
        assert await ledger.entries_of(OrderId("mine")) == []
        assert await ledger.entries_of(OrderId("theirs")) == [paid("theirs")]

    async def test_entries_of_a_gateway_are_found_by_time(self, ledger: Ledger) -> None:
        """Those from `since` on and before `until`, oldest first, whatever order they are of; nobody else's."""
        for minute, gateway in ((3, "bogus"), (1, "bogus"), (2, "stripe"), (4, "bogus"), (5, "bogus"), (4, None)):
            at = NOON + timedelta(minutes=minute)
            name = f"{minute}{gateway}"
            await ledger.post(msgspec.structs.replace(paid(name), at=at, gateway=gateway))

        found = await ledger.entries_at("bogus", NOON + timedelta(minutes=3), NOON + timedelta(minutes=5))
        assert [one.key for one in found] == ["paid/3bogus", "paid/4bogus"]
        assert found[0] == msgspec.structs.replace(paid("3bogus"), at=NOON + timedelta(minutes=3), gateway="bogus")
        first = await ledger.entries_at("bogus", NOON, NOON + timedelta(minutes=9), 2)
        assert [one.key for one in first] == ["paid/1bogus", "paid/3bogus"]
        assert await ledger.entries_at("unknown", NOON, NOON + timedelta(days=1)) == []

    async def test_totals_are_by_account_gateway_and_currency(self, ledger: Ledger) -> None:
        """Of what was posted in that time, and no later: each sum, in order, those of no gateway first."""
        for number, (currency, gateway) in enumerate(
            (("USD", "stripe"), ("USD", None), ("JPY", "bogus"), ("USD", "stripe"), ("USD", "bogus"))
        ):
            await ledger.post(msgspec.structs.replace(paid(f"{number}", 100 + number, currency), gateway=gateway))
        await ledger.post(msgspec.structs.replace(paid("late"), at=NOON + timedelta(seconds=1)))

        found = await ledger.totals(NOON, NOON + timedelta(seconds=1))
        sums_of = [(None, "USD", 101), ("bogus", "JPY", 102), ("bogus", "USD", 104), ("stripe", "USD", 203)]
        assert [(one.account, one.gateway, one.amount) for one in found] == [
            *((Account.CLEARING, gateway, Money(amount, currency)) for gateway, currency, amount in sums_of),
            *((Account.RECEIVABLE, gateway, Money(-amount, currency)) for gateway, currency, amount in sums_of),
        ]
        assert await ledger.totals(NOON, NOON + timedelta(seconds=1), fresh=True) == found
        assert await ledger.totals(NOON - timedelta(days=1), NOON) == []

    async def test_totals_tell_what_was_sold_from_what_followed(self, ledger: Ledger) -> None:
        """Tax of a sale and of what went back of it are on one account, and are two sums."""
        owes, taxed = (Account.RECEIVABLE, 119), (Account.TAX, -19)
        for key, sign in (("sale/mine", 1), ("refund/mine", -1), ("sale/other", 1)):
            sides = [
                (account, Money(sign * amount, "EUR")) for account, amount in (owes, taxed, (Account.REVENUE, -100))
            ]
            await ledger.post(entry(key, NOON, OrderId(key.partition("/")[2]), None, sides))

        found = await ledger.totals(NOON, NOON + timedelta(seconds=1))
        of_tax = [(one.is_sale, one.amount.amount) for one in found if one.account is Account.TAX]
        assert of_tax == [(False, 19), (True, -38)]

    async def test_an_undone_unit_leaves_nothing(self, ledger: Ledger, unit_of_work: UnitOfWork) -> None:
        """Inside a unit its own postings are seen; when it raises, they never happened, and the key is free."""

        async def work() -> None:
            await ledger.post(paid("mine"))
            assert await ledger.balance(Account.CLEARING) == {"USD": Money(2000, "USD")}
            raise Refused

        with pytest.raises(Refused):
            await unit_of_work(work)
        assert await ledger.balance(Account.CLEARING) == {}
        await ledger.post(paid("mine"))
        assert await ledger.entries_of(OrderId("mine")) == [paid("mine")]

    async def test_a_refused_entry_leaves_the_unit_intact(self, ledger: Ledger, unit_of_work: UnitOfWork) -> None:
        """Who catches the refusal goes on with what was written before it."""

        async def work() -> None:
            await ledger.post(paid("mine"))
            with pytest.raises(Unbalanced):
                await ledger.post(one_off(paid("yours")))

        await unit_of_work(work)
        assert await ledger.entries_of(OrderId("mine")) == [paid("mine")]
        assert await ledger.entries_of(OrderId("yours")) == []


def sums(entries: Sequence[JournalEntry], account: Account) -> dict[str, int]:
    """What the postings of an account come to, by currency."""
    found: dict[str, int] = {}
    for one in entries:
        for posting in one.postings:
            if posting.account is account:
                currency = posting.amount.currency
                found[currency] = found.get(currency, 0) + posting.amount.amount
    return found
