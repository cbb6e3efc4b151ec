"""A whole shop under random buyers, banks, crashes and time: whatever happens, in the end all books tell one story."""

import asyncio
import tempfile
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.banks import DeadLine, takes_after_all
from tests.crashes import Crash, Fuse
from tests.stories import COMPLETE, PRICE, TEA, Story, opened

from shopcore.adapters.bogus import entries
from shopcore.adapters.bogus.accounts import Charge, settled
from shopcore.checkout.model import CheckedOut, PaymentChoice, Reply
from shopcore.idempotency.errors import RequestInProgress
from shopcore.idempotency.model import LEASE
from shopcore.kernel.actor import Guest
from shopcore.kernel.errors import Conflict, Rejected, Unavailable
from shopcore.kernel.ids import OrderId
from shopcore.kernel.money import Money
from shopcore.ordering.model import Order, OrderStatus, RefundStatus
from shopcore.payments.model import Account, PaymentState, taken
from shopcore.shop import owner

T = TypeVar("T")

STOCK = 4
_METHODS = "ok declined requires_action lost_answer slow late_webhook double_webhook reordered_webhooks".split()
_LATER = (RequestInProgress, Unavailable)
"""What a shop may say to somebody who is to come back."""

# Where the process dies; mostly it lives. The longest act crosses some dozen boundaries.
FUSES = st.one_of(st.none(), st.none(), st.integers(1, 12))
METHODS = st.sampled_from(_METHODS)
WHO = st.integers(0, 99)


@dataclass
class Buyer:
    """Somebody with one cart and one key for their order, who remembers what they were told."""

    guest: Guest
    method: str
    first: Reply | None = None
    tries: int = 0

    @property
    def order(self) -> Order | None:
        """What they ordered, if they know that they did."""
        return self.first.outcome.order if self.first and isinstance(self.first.outcome, CheckedOut) else None

    @property
    def token(self) -> Guest:
        """What shows the order to them."""
        assert self.first is not None
        assert isinstance(self.first.outcome, CheckedOut)
        return Guest(order_token=self.first.outcome.order_token)


async def _nothing() -> None:
    """A unit of work that stands behind all that were sent before it."""


def _is_the_store(task: asyncio.Task[Any]) -> bool:
    """Whether it is one of the driver's own, or an abort, which the server makes of a process that is gone."""
    return task.get_name().startswith("pymongo") or getattr(task.get_coro(), "__name__", "") == "_abort"


class ShopMachine(RuleBasedStateMachine):
    """Planted bugs override `spoilt`, other stores `where`, which are settings."""

    where: ClassVar[dict[str, Any]] = {}

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.folder = tempfile.TemporaryDirectory()
        self.story = self.run(self.stack.enter_async_context(opened(Path(self.folder.name), **self.where)))
        self.bank = DeadLine(self.story.place.bank.gateway, down=False)
        self.story.place.world = replace(self.story.place.world, gateways={"bogus": self.bank})
        self.spoilt(self.story)
        self.story.reopen()
        self.run(self.story.sell(on_hand=STOCK))
        self.buyers: list[Buyer] = []
        self.outage = 0

    def spoilt(self, story: Story) -> None:
        """Nothing, here."""

    def run(self, act: Awaitable[T]) -> T:
        """Let something happen."""

        async def wait() -> T:
            return await act

        return self.runner.run(wait())

    def attempt(self, act: Awaitable[T]) -> T | None:
        """Something that may be refused, put off, or cut short by a crash."""
        try:
            return self.run(act)
        except Crash:
            self.run(self.nothing_lives_on())
        except (Conflict, Rejected, *_LATER):
            pass
        finally:
            self.story.reopen()
        return None

    async def nothing_lives_on(self) -> None:
        """A process that dies takes all that it was doing along; the store and the bank finish what they have."""
        others = [
            task for task in asyncio.all_tasks() if task is not asyncio.current_task() and not _is_the_store(task)
        ]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self.story.place.store.unit_of_work(_nothing)
        await self.story.place.bank.gateway.charges()

    def somebody(self, number: int) -> list[tuple[Buyer, Order]]:
        """One of those who know that they have ordered something; nobody where there is none.

        Rules have no preconditions: threads take turns as they like, so the same draws may find another state.
        """
        ordered = [(buyer, buyer.order) for buyer in self.buyers if buyer.order]
        return [ordered[number % len(ordered)]] if ordered else []

    @initialize(methods=st.lists(METHODS, min_size=1, max_size=2))
    def some_have_bought(self, methods: list[str]) -> None:
        """Most of what can happen, happens to orders."""
        for method in ("declined", *methods):
            self.buy(method, 1, None)

    @rule(method=METHODS, quantity=st.integers(1, 3), fuse=FUSES)
    def buy(self, method: str, quantity: int, fuse: int | None) -> None:
        """Somebody fills a cart and orders it."""
        buyer = Buyer(self.run(self.story.cart(quantity=quantity, changes=COMPLETE)), method)
        self.buyers.append(buyer)
        self.ask(buyer, fuse)

    @rule(number=WHO, fuse=FUSES)
    def ask_again(self, number: int, fuse: int | None) -> None:
        """The same request once more: the first answer, if there was one."""
        if self.buyers:
            self.ask(self.buyers[number % len(self.buyers)], fuse)

    def ask(self, buyer: Buyer, fuse: int | None = None) -> None:
        """One request under the buyer's key."""
        self.story.reopen(Fuse(fuse))
        reply = self.attempt(self.story.reply(buyer.guest, buyer.method))
        if reply is not None:
            buyer.first = buyer.first or reply
            assert reply.outcome == buyer.first.outcome, "the same key must get the same reply"

    @rule(number=WHO, method=METHODS, fuse=FUSES)
    def pay_again(self, number: int, method: str, fuse: int | None) -> None:
        """Another try to pay, allowed or not."""
        for buyer, order in self.somebody(number):
            buyer.tries += 1
            paying = self.story.reopen(Fuse(fuse)).as_(buyer.token).checkout
            choice = PaymentChoice(method=method)
            self.attempt(paying.retry_payment(order_id=order.id, choice=choice, key=f"again-{buyer.tries}"))

    @rule(number=WHO, approve=st.booleans())
    def decide(self, number: int, *, approve: bool) -> None:
        """A customer answers at the bank's page, if there is one."""
        gateway = self.story.place.bank.gateway
        for _, order in self.somebody(number):
            for charge in self.charges(order.id):
                self.run(gateway.approve(charge.id) if approve else gateway.refuse(charge.id))

    @rule(number=WHO, fuse=FUSES)
    def cancel(self, number: int, fuse: int | None) -> None:
        """Somebody has changed their mind."""
        for buyer, order in self.somebody(number):
            orders = self.story.reopen(Fuse(fuse)).as_(buyer.token).orders
            self.attempt(orders.cancel(order_id=order.id))

    @rule(number=WHO, cents=st.none() | st.integers(1, PRICE.amount), restock=st.booleans(), fuse=FUSES)
    def refund(self, number: int, cents: int | None, fuse: int | None, *, restock: bool) -> None:
        """Staff give money back, with or without the goods."""
        amount = None if cents is None else Money(cents, "USD")
        for _, order in self.somebody(number):
            orders = self.story.reopen(Fuse(fuse)).as_(owner()).orders
            self.attempt(orders.refund(order_id=order.id, reason="damaged", amount=amount, restock=restock))

    @rule(number=WHO)
    def ship(self, number: int) -> None:
        """Off it goes, if it is paid."""
        for _, order in self.somebody(number):
            self.attempt(self.story.staff.orders.ship(order_id=order.id))

    @rule(number=WHO, beyond=st.sampled_from((0, 0, -7, 7)))
    def bank_takes_it_after_all(self, number: int, beyond: int) -> None:
        """What it had called failed or void it takes after all, some cents more or less of it, and says so."""
        ended = {PaymentState.FAILED, PaymentState.VOIDED}
        for _, order in self.somebody(number):
            payment = self.run(self.story.place.store.payments.of_order(order.id))
            for charge in self.charges(order.id):
                if payment is not None and charge.state in ended:
                    amount, bank = charge.amount + Money(beyond, "USD"), self.story.place.bank.gateway
                    self.run(takes_after_all(bank, payment, charge.attempt, amount=amount))

    @rule(seconds=st.sampled_from((1, 5, 30, 600, 3_600)), fuse=FUSES)
    def time_passes(self, seconds: int, fuse: int | None) -> None:
        """What has become due is done, by a worker that may die of it."""
        self.outage -= 1
        self.bank.down = self.outage > 0
        self.story.reopen(Fuse(fuse))
        self.attempt(self.story.passes(seconds))

    @rule()
    def the_bank_goes_away(self) -> None:
        """For a while it hears and says nothing."""
        self.outage, self.bank.down = 3, True

    @invariant()
    def nothing_is_promised_twice(self) -> None:
        """Not for a moment; and every figure is the sum of its movements."""
        on_hand, reserved = self.run(self.story.level())
        movements = self.run(self.story.place.store.levels.movements(TEA, None, 1_000)).items
        assert 0 <= reserved <= on_hand <= STOCK
        assert (sum(one.on_hand for one in movements), sum(one.reserved for one in movements)) == (on_hand, reserved)

    @invariant()
    def the_shop_never_believes_in_money_that_was_not_taken(self) -> None:
        """Its books may be late, never ahead."""
        not_heard_yet = sum(charge.refunded for charge in self.charges())
        assert self.run(self.story.balance(Account.CLEARING)) <= self.kept(self.charges()) + not_heard_yet

    def charges(self, order_id: OrderId | None = None) -> list[Charge]:
        """The bank's own books."""
        now = self.story.clock.now()
        every = self.run(self.story.place.bank.gateway._books.read(entries.every))
        return [settled(charge, now) for charge in every if order_id in {None, charge.order_id}]

    def kept(self, charges: list[Charge]) -> int:
        """What the bank took and did not give back."""
        return sum(one.amount.amount - one.refunded for one in charges if one.state is PaymentState.SUCCEEDED)

    @invariant()
    def every_order_says_of_its_money_what_the_ledger_has(self) -> None:
        """At every moment: both are written in one transaction. On a server, whose answers take time, in the end."""
        if not self.where:
            self.check_books()

    def check_books(self) -> None:
        """Order by order."""
        assert not self.run(self.story.staff.books.check_orders()).out_of_step

    def teardown(self) -> None:
        """Let everything come to its end, and compare."""
        try:
            self.comes_to_its_end()
            self.check_everything()
        finally:
            self.run(self.stack.aclose())
            self.runner.close()
            self.folder.cleanup()

    def comes_to_its_end(self) -> None:
        """The bank is back, whoever was cut short asks again, and two hours pass."""
        self.bank.down = False
        self.run(self.story.clock.advance(LEASE.total_seconds()))
        for buyer in self.buyers:
            self.ask(buyer)
            assert buyer.first is not None, "whoever asks again in the end gets an answer"
        for seconds in (5, 30, 30, 300, 600, 3_600, 600, 600, 600, 3_600):
            self.run(self.story.passes(seconds))

    def check_everything(self) -> None:
        """Orders, charges, the ledger, the shelf, the mails and the queue: one story."""
        orders = list(self.run(self.story.staff.orders.list(limit=100)).items)
        for order in orders:
            self.check_money(order)
        self.check_shelf(orders)
        self.check_mails(orders)
        self.check_books()
        assert len(orders) == sum(buyer.order is not None for buyer in self.buyers)
        assert self.run(self.story.balance(Account.CLEARING)) == self.kept(self.charges())
        assert self.run(self.story.balance(Account.RECEIVABLE)) == 0
        assert not self.run(self.story.jobs("dead"))
        assert not self.run(self.story.jobs("waiting"))

    def check_money(self, order: Order) -> None:
        """Nobody stays charged twice, or for nothing."""
        payment = self.run(self.story.place.store.payments.of_order(order.id))
        assert payment is not None
        is_paid = payment.state is PaymentState.SUCCEEDED
        refunds = [one.amount.amount for one in order.refunds if one.attempt is None]
        kept = self.kept(self.charges(order.id))

        assert all(one.status is RefundStatus.DONE for one in order.refunds)
        assert kept == (taken(payment).amount if is_paid else 0) - sum(refunds)
        assert kept <= order.totals.total.amount, "nobody pays more than was asked for"
        assert order.status is not OrderStatus.PENDING
        assert (order.status is not OrderStatus.CANCELLED) <= is_paid, "nothing is given away"
        assert kept == 0 or order.status is not OrderStatus.CANCELLED, "nobody pays for nothing"

    def check_shelf(self, orders: list[Order]) -> None:
        """What is not there was sold, and nothing is promised to anybody."""
        gone = sum(
            order.lines[0].quantity
            for order in orders
            if order.status is not OrderStatus.CANCELLED and not any(one.restock for one in order.refunds)
        )
        assert self.run(self.story.level()) == (STOCK - gone, 0)

    def check_mails(self, orders: list[Order]) -> None:
        """One to every order that was paid, even if it was cancelled later, and none to the others."""
        mails = self.run(self.story.mails("order-confirmation"))
        paid = [order.number for order in orders if any(one.event == "paid" for one in order.timeline)]
        assert len(mails) == len(paid)
        assert all(sum(number in mail for mail in mails) == 1 for number in paid)
