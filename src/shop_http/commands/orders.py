"""`shop orders`: look at orders, and move them on."""

from collections.abc import Awaitable, Callable
from functools import partial

import click

from shop_http.commands.failures import Failure
from shop_http.commands.opening import as_owner, collect, in_shop
from shop_http.commands.order_texts import in_full, in_short, print_order
from shop_http.commands.output import as_json, do_now, limit, moment, print_found, print_json, print_table, say
from shop_http.commands.rule_input import amount
from shopcore.aftersales.model.books import OutOfStep
from shopcore.kernel.errors import InvalidInput
from shopcore.kernel.ids import OrderId, RefundId, is_id
from shopcore.kernel.money import Money
from shopcore.ordering.model import Order, OrderStatus, RefundStatus, failed_refunds
from shopcore.payments.model import Apart, CheckedSums
from shopcore.shop import Shop, ShopOf, owner

_STATUSES = click.Choice([status.value for status in OrderStatus])
_WORKER_DOES_IT = "The worker carries it out; --now does so at once."


@click.group()
def orders() -> None:
    """Look at orders, and move them on. An order is named by its number or its id."""


@orders.command("list", epilog="Example: shop orders list --status processing")
@click.option("--status", type=_STATUSES, help="Only those that stand there.")
@click.option("--email", help="Only those of this customer.")
@click.option("--refund-failed", is_flag=True, help="Only those that money did not go back of, and that wait for you.")
@limit
@as_json
def list_orders(status: str | None, email: str | None, limit: int, *, refund_failed: bool, as_json: bool) -> None:
    """The newest orders, without personal data."""
    wanted = None if status is None else OrderStatus(status)
    found = as_owner(
        lambda shop: collect(partial(shop.orders.list, status=wanted, email=email, refund_failed=refund_failed), limit)
    )
    if as_json:
        print_json([in_short(order) for order in found.rows])
        return
    columns = ("Number", "Placed at", "Status", "Payment", "Items", "Total")
    print_found(found, columns, (_row(order) for order in found.rows))


@orders.command(epilog="Example: shop orders check --mend")
@click.option("--mend", is_flag=True, help="Tell each what the ledger says; the audit log has it.")
@as_json
def check(*, mend: bool, as_json: bool) -> None:
    """Compare payment status and refunds of every order, and the sums that balances go on from, with the ledger; ends
    with status 1 where they differ.
    """
    (compared, found), sums = as_owner(lambda shop: _compare(shop, mend=mend))
    if as_json:
        print_json({"compared": compared, "out_of_step": found, "sums_apart": sums.apart})
    else:
        say(f"{compared} orders compared with the ledger, {len(found)} differ")
        columns = ("Number", "Says", "Ledger", "Gave back", "Ledger")
        print_table(columns, [(one.number, one.says, one.booked, one.gave_back, one.booked_back) for one in found])
        say(f"sums of what was posted before {moment(sums.until)}: {len(sums.apart)} differ")
        if sums.apart:
            print_table(("Account", "Gateway", "Sums", "Ledger"), [_sum(one) for one in sums.apart])
    if any(one.is_for_a_person for one in found):
        raise Failure("what went back is not the same in both: look at these orders and at their gateway")
    if found and not mend:
        raise Failure("not every order says of its money what the ledger has: --mend tells them")
    if sums.apart and not mend:
        raise Failure("balances go on from sums that the ledger does not have: --mend takes them anew")


def _sum(one: Apart) -> tuple[str, ...]:
    account = f"{one.account} (sales)" if one.is_sale else one.account
    return account, one.gateway or "-", str(one.says), str(one.booked)


async def _compare(shop: ShopOf, *, mend: bool) -> tuple[tuple[int, list[OutOfStep]], CheckedSums]:
    return await _compare_orders(shop, mend=mend), await shop.books.check_sums(mend=mend)


async def _compare_orders(shop: ShopOf, *, mend: bool) -> tuple[int, list[OutOfStep]]:
    compared, found, cursor = 0, list[OutOfStep](), None
    while True:
        page = await shop.books.check_orders(mend=mend, cursor=cursor)
        compared, cursor = compared + page.compared, page.next_cursor
        found += page.out_of_step
        if cursor is None:
            return compared, found


@orders.command(epilog="Example: shop orders show 7K2M-9QXT")
@click.argument("order")
@as_json
def show(order: str, *, as_json: bool) -> None:
    """One order with its customer, lines, money and timeline."""
    found = as_owner(lambda shop: _named(shop, order))
    if as_json:
        print_json(in_full(found))
    else:
        print_order(found)


@orders.command(epilog='Example: shop orders cancel 7K2M-9QXT --reason "customer changed her mind" --now')
@click.argument("order")
@click.option("--reason", help="For the timeline, which the customer can read.")
@do_now
@as_json
def cancel(order: str, reason: str | None, *, now: bool, as_json: bool) -> None:
    """End an order before it ships; its stock and its money go back."""

    async def act(shop: ShopOf, found: Order) -> Order:
        return await shop.orders.cancel(order_id=found.id, reason=reason)

    changed = _change(order, act, now=now)
    _print_changed(changed, "Stock and money go back.", now=now, as_json=as_json)


@orders.command(epilog="Example: shop orders capture 7K2M-9QXT --amount 12.50")
@click.argument("order")
@click.option("--amount", "asked", help="In the order's currency; the rest is let go. All of it if it is not said.")
@as_json
def capture(order: str, asked: str | None, *, as_json: bool) -> None:
    """Take the money that is held for an order, once."""

    async def act(shop: ShopOf, found: Order) -> Order:
        wanted = None if asked is None else _amount(asked, found.totals.total.currency)
        await shop.payments.capture(order_id=found.id, amount=wanted)
        return await shop.orders.show(order_id=found.id)

    _print_changed(_change(order, act), as_json=as_json)


@orders.command(epilog="Example: shop orders confirm 7K2M-9QXT")
@click.argument("order")
@click.option("--refund", "refund_id", help="A refund of it was given back by hand.")
@do_now
@as_json
def confirm(order: str, refund_id: str | None, *, now: bool, as_json: bool) -> None:
    """Say that the money of a transfer or a delivery came, or that a refund of it was given back."""

    async def act(shop: ShopOf, found: Order) -> Order:
        if refund_id is not None:
            return await shop.by_hand.confirm_refund(order_id=found.id, refund_id=RefundId(refund_id))
        await shop.by_hand.confirm(order_id=found.id)
        return await shop.orders.show(order_id=found.id)

    _print_changed(_change(order, act, now=now), now=now, as_json=as_json)


@orders.command(epilog="Example: shop orders refuse 7K2M-9QXT")
@click.argument("order")
@as_json
def refuse(order: str, *, as_json: bool) -> None:
    """Say that the money of a transfer or a delivery is not going to come."""

    async def act(shop: ShopOf, found: Order) -> Order:
        await shop.by_hand.refuse(order_id=found.id)
        return await shop.orders.show(order_id=found.id)

    _print_changed(_change(order, act), as_json=as_json)


@orders.command(epilog='Example: shop orders refund 7K2M-9QXT --amount 12.50 --reason "damaged" --restock')
@click.argument("order")
@click.option("--amount", "asked", help="In the order's currency, such as 12.50; all that is left if it is not said.")
@click.option("--reason", required=True, help="For the timeline, which the customer can read.")
@click.option("--restock", is_flag=True, help="Put the goods back on the shelf.")
@do_now
@as_json
def refund(order: str, asked: str | None, reason: str, *, restock: bool, now: bool, as_json: bool) -> None:
    """Give money back, never more than was paid."""

    async def act(shop: ShopOf, found: Order) -> Order:
        wanted = None if asked is None else _amount(asked, found.totals.total.currency)
        return await shop.orders.refund(order_id=found.id, reason=reason, amount=wanted, restock=restock)

    changed = _change(order, act, now=now)
    _print_changed(changed, f"{changed.refunds[-1].amount} go back.", now=now, as_json=as_json)


@orders.command("retry-refund", epilog="Example: shop orders retry-refund 7K2M-9QXT")
@click.argument("order")
@click.option("--refund", "refund_id", help="Which one, if several have failed.")
@do_now
@as_json
def retry_refund(order: str, refund_id: str | None, *, now: bool, as_json: bool) -> None:
    """Ask once more for a refund that the gateway refused, or whose money came back."""

    async def act(shop: ShopOf, found: Order) -> Order:
        failed = [one.id for one in failed_refunds(found) if refund_id in {None, one.id}]
        if len(failed) != 1:
            which = ", ".join(failed) or "none"
            raise InvalidInput.of("--refund", "unknown", f"must name a refund that failed, of which there are: {which}")
        return await shop.orders.retry_refund(order_id=found.id, refund_id=failed[0])

    changed = _change(order, act, now=now)
    _print_changed(changed, f"{changed.refunds[-1].amount} go back.", now=now, as_json=as_json)


@orders.command(epilog="Example: shop orders ship 7K2M-9QXT --carrier DHL --tracking 00340434161094015902")
@click.argument("order")
@click.option("--carrier", help="Who takes it.")
@click.option("--tracking", help="The parcel's number.")
@as_json
def ship(order: str, carrier: str | None, tracking: str | None, *, as_json: bool) -> None:
    """Record that everything was handed to a carrier."""

    async def act(shop: ShopOf, found: Order) -> Order:
        return await shop.orders.ship(order_id=found.id, carrier=carrier, tracking_number=tracking)

    _print_changed(_change(order, act), as_json=as_json)


@orders.command(epilog="Example: shop orders deliver 7K2M-9QXT")
@click.argument("order")
@as_json
def deliver(order: str, *, as_json: bool) -> None:
    """Record that a shipped order has arrived."""

    async def act(shop: ShopOf, found: Order) -> Order:
        return await shop.orders.deliver(order_id=found.id)

    _print_changed(_change(order, act), as_json=as_json)


async def _named(shop: ShopOf, order: str) -> Order:
    return await (shop.orders.show(order_id=OrderId(order)) if is_id(order) else shop.orders.find(number=order))


def _change(name: str, act: Callable[[ShopOf, Order], Awaitable[Order]], *, now: bool = False) -> Order:
    """Act on the order of that name; with `now` also do what follows from it."""

    async def run(shop: Shop) -> Order:
        own = shop.as_(owner())
        changed = await act(own, await _named(own, name))
        if not now:
            return changed
        await shop.work_off()
        return await own.orders.show(order_id=changed.id)

    return in_shop(run)


def _print_changed(order: Order, consequence: str = "", *, now: bool = False, as_json: bool) -> None:
    if as_json:
        print_json(in_short(order))
    else:
        waits = consequence and not now
        say(" ".join(filter(None, (_stands(order), consequence, _WORKER_DOES_IT if waits else ""))))
    if now and order.refunds and order.refunds[-1].status is RefundStatus.FAILED:
        raise Failure("the gateway refused the refund")


def _stands(order: Order) -> str:
    return f"Order {order.number} is {order.status}, {order.payment_status}."


def _amount(text: str, currency: str) -> Money:
    """Raises `InvalidInput` naming the option."""
    wanted = amount("--amount", text, currency)
    if wanted <= 0:
        raise InvalidInput.of("--amount", "out_of_range", "must be more than 0")
    return Money(wanted, currency)


def _row(order: Order) -> tuple[object, ...]:
    items = sum(line.quantity for line in order.lines)
    return order.number, moment(order.placed_at), order.status, order.payment_status, items, order.totals.total
