"""What is left after a storm: the shop's books beside Stripe's, order by order."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.load.buyers import SKU, _movements, _orders, opened
from tests.load.storm import Site

from shopcore.container.ports import Store
from shopcore.jobs.model import JobState
from shopcore.kernel.actor import Guest
from shopcore.ordering.model import Order, OrderStatus
from shopcore.payments.model import Account, Payment, PaymentState
from shopcore.shop import Shop, owner
from shopcore.testing.stripe_double import StripeDouble
from shopcore.testing.stripe_double.webhooks import sign

_LATER = (timedelta(minutes=1), *(timedelta(hours=hours) for hours in (2, 4, 6, 8, 28, 30)))
"""When the shop is looked after again: leases, silences, the hour in which an order is to be paid, the longest pauses
of jobs, and the day for which Stripe keeps the answer to a key, be it that it broke down.
"""


@dataclass
class Sale:
    """One order, in all the books."""

    order: Order
    payment: Payment | None
    cleared: int
    owed: int
    charges: list[dict[str, Any]]

    @property
    def taken(self) -> int:
        """What Stripe has taken for it at first, be it another amount than was asked for."""
        return sum(charge["amount_captured"] for charge in self.charges)

    @property
    def kept(self) -> int:
        """What Stripe has taken for it and not given back."""
        return sum(charge["amount_captured"] - charge["amount_refunded"] for charge in self.charges)


@dataclass
class Balance:
    """All of them, and what belongs to none."""

    sales: list[Sale]
    ownerless: list[str]
    open_intents: list[str]
    ledger: int
    stripe: int
    on_hand: int
    reserved: int
    moved: tuple[int, int]
    mails: int
    dead_jobs: list[str]
    unsaid: int
    given_up: list[str]
    refused: int

    def __str__(self) -> str:
        outcomes = Counter(f"{sale.order.status.value}/{sale.order.payment_status}" for sale in self.sales)
        charged = sum(bool(sale.charges) for sale in self.sales)
        others = sum(sale.taken != sale.order.totals.total.amount for sale in self.sales if sale.charges)
        told = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
        return (
            f"{len(self.sales)} orders ({told}), {charged} charged, {others} of them another amount; "
            f"{self.refused} refunds refused at first; ledger {self.ledger} = Stripe {self.stripe} cents"
        )


async def settle(site: Site) -> Balance:
    """Bring everything to its end in processes that live, hours later, with a Stripe that works; then read."""
    for later in _LATER:
        site.clock.ahead = later
        async with opened(site.settings, later) as (shop, _):
            await shop.work_off()
            site.double.account.refuses_refunds = None
            await _hear(site.double, shop)
            await shop.work_off()
    async with opened(site.settings, _LATER[-1]) as (shop, store):
        return await _read(site, shop, store)


async def _hear(double: StripeDouble, shop: Shop) -> None:
    """All that Stripe has still to say."""

    async def deliver(body: bytes, headers: Mapping[str, str]) -> None:
        # Stripe's clock is ahead, and the shop believes nothing that was signed hours from now.
        signed = sign(body, datetime.now(UTC), *double.webhooks.secrets)
        await shop.as_(Guest()).payments.receive_webhook(gateway="stripe", body=body, headers=signed)

    double.webhooks.hasten()
    await double.webhooks.deliver_due(deliver)


async def _read(site: Site, shop: Shop, store: Store) -> Balance:
    account, staff = site.double.account, shop.as_(owner())
    charges: dict[str, list[dict[str, Any]]] = {}
    for charge in account.charges.values():
        if charge["captured"]:
            order_id = account.intents[charge["payment_intent"]]["metadata"]["shop_order"]
            charges.setdefault(order_id, []).append(charge)
    sales = [await _sale(store, order, charges.pop(order.id, [])) for order in await _orders(shop)]
    ledger = [await store.ledger.balance(each) for each in (Account.CLEARING, Account.FEE)]
    level = next(item for item in (await staff.stock.list()).items if item.sku == SKU)
    movements = await _movements(shop)
    return Balance(
        refused=account.refused_refunds,
        unsaid=site.double.webhooks.pending,
        given_up=[event["type"] for event in site.double.webhooks.given_up],
        sales=sales,
        ownerless=sorted(charges),
        open_intents=[
            f"{each['status']} {each['metadata']['shop_key']}"
            for each in account.intents.values()
            if each["status"] not in {"succeeded", "canceled"}
        ],
        ledger=sum(money.amount for balance in ledger for money in balance.values()),
        stripe=sum(each["amount"] for each in account.transactions.values()),
        on_hand=level.on_hand,
        reserved=level.reserved,
        moved=(sum(each[0] for each in movements), sum(each[1] for each in movements)),
        mails=len(list((site.folder / "mail").glob("order-confirmation*.eml"))),
        dead_jobs=[
            f"{job.kind}: {job.failures[-1].error}" for job in (await staff.jobs.list(state=JobState.DEAD)).items
        ],
    )


async def _sale(store: Store, order: Order, charges: list[dict[str, Any]]) -> Sale:
    accounts = (Account.CLEARING, Account.FEE, Account.RECEIVABLE)  # what a gateway keeps for itself was taken too
    cleared, fees, owed = [await store.ledger.balance(each, order.id) for each in accounts]
    return Sale(
        order=order,
        payment=await store.payments.of_order(order.id),
        cleared=sum(money.amount for money in (*cleared.values(), *fees.values())),
        owed=sum(money.amount for money in owed.values()),
        charges=charges,
    )


def assert_all_agree(found: Balance, *, placed: set[str], stocked: int) -> None:
    """Everybody was charged once or not at all; every charge has its order or its refund; the ledger is Stripe's."""
    doubled = [sale.order.number for sale in found.sales if len(sale.charges) > 1]
    assert not doubled, f"charged twice: {doubled}"
    assert not found.ownerless, "charged without an order"
    assert {sale.order.id for sale in found.sales} == placed
    for sale in found.sales:
        is_bought = sale.order.status is OrderStatus.PROCESSING
        assert sale.order.status in {OrderStatus.PROCESSING, OrderStatus.CANCELLED}, sale
        assert sale.kept == (min(sale.order.totals.total.amount, sale.taken) if is_bought else 0), sale
        assert not is_bought or sale.taken > 0, sale
        assert sale.cleared == sale.kept, sale
        assert sale.owed == 0, sale
        assert sale.payment is not None
        assert (sale.payment.state is PaymentState.SUCCEEDED) is bool(sale.charges), sale
    bought = sum(sale.order.status is OrderStatus.PROCESSING for sale in found.sales)

    assert found.ledger == found.stripe == sum(sale.kept for sale in found.sales)
    assert not found.open_intents, f"intents that could still be paid: {found.open_intents}"
    assert not found.dead_jobs
    assert not found.unsaid, "webhooks that the shop does not take"
    assert not found.given_up, "webhooks that the shop has not taken, however often they were sent"
    assert (found.on_hand, found.reserved) == (stocked - bought, 0)
    assert found.moved == (found.on_hand, 0)
    assert found.mails == sum(bool(sale.charges) for sale in found.sales)
