"""What the shop writes that nobody is waiting for: to customers who asked to be told, and to staff."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from shopcore.inventory.model import StockItem
from shopcore.jobs.model import Depth
from shopcore.kernel.ids import CartId
from shopcore.notifications.model.composing import digest
from shopcore.notifications.model.draft import Draft, Form
from shopcore.ordering.model import Order, OrderStatus, Refund
from shopcore.payments.model import Reconciliation
from shopcore.webhooks.model import Endpoint
from shopcore.webhooks.model.endpoints import GONE, host_of

SHOWN = 50
"""Rows of a mail; the rest is counted."""


def cart_reminder(
    cart_id: CartId, to: str, rows: Sequence[tuple[str, int]], app_url: str, leave: str, locale: str | None = None
) -> Draft:
    """That something is still in a cart: titles, and how many. One for each cart."""
    return Draft(
        key=f"cart-reminder/{cart_id}",
        to=to,
        kind="cart_reminder",
        form=Form.DIGEST,
        locale=locale,
        leave=leave,
        facts=_facts(rows, f"{app_url.rstrip('/')}/cart"),
    )


def back_in_stock(key: str, to: str, name: str, link: str, leave: str, locale: str | None = None) -> Draft:
    """That a customer can have what they have waited for."""
    return Draft(
        key=f"back-in-stock/{key}",
        to=to,
        kind="back_in_stock",
        locale=locale,
        leave=leave,
        facts={"name": name, "link": link},
    )


def low_stock(to: str, items: Sequence[StockItem], threshold: int, day: str) -> Draft:
    """Which SKUs run low. One a day for the same ones."""
    rows = sorted((item.sku, item.available) for item in items)
    return Draft(
        key=f"low-stock/{day}/{digest(' '.join(sku for sku, _ in rows))[:16]}",
        to=to,
        kind="low_stock",
        form=Form.DIGEST,
        facts={**_facts(rows), "threshold": threshold},
    )


def dead_jobs(to: str, depths: Sequence[Depth], last: datetime) -> Draft:
    """How many jobs of which kind are dead. `last` is when the last of them died: it is told of once."""
    rows = [(depth.kind, depth.count) for depth in depths]
    return Draft(
        key=f"dead-jobs/{last.isoformat()}",
        to=to,
        kind="dead_jobs",
        form=Form.DIGEST,
        facts=_facts(rows),
    )


def endpoint_off(to: str, endpoint: Endpoint, since: datetime) -> Draft:
    """That another system is told nothing any more. The path of its URL may hold a secret, and stays out."""
    return Draft(
        key=f"endpoint-off/{endpoint.id}/{since.isoformat()}",
        to=to,
        kind="endpoint_off",
        facts={
            "host": host_of(endpoint.url),
            "id": endpoint.id,
            "since": since.strftime("%Y-%m-%d %H:%M UTC"),
            "gone": endpoint.off_reason == GONE,
            "link": None,
        },
    )


def failed_refund(to: str, order: Order, refund: Refund) -> Draft:
    """That money did not go back to a customer, who waits for it."""
    return Draft(
        key=f"failed-refund/{refund.id}",
        to=to,
        kind="failed_refund",
        facts={"number": order.number, "amount": str(refund.amount), "why": refund.failure or "refused", "link": None},
    )


def lapsed_hold(to: str, order: Order, attempt: str) -> Draft:
    """That an order is not paid any more, for which money was held."""
    has_left = order.status is not OrderStatus.PENDING
    facts = {"number": order.number, "amount": str(order.totals.total), "has_left": has_left, "link": None}
    return Draft(key=f"lapsed-hold/{attempt}", to=to, kind="lapsed_hold", facts=facts)


def open_differences(to: str, run: Reconciliation) -> Draft:
    """How many differences of which kind there are at which gateway, what those come to that are told once, and which
    gateways could not be compared.
    """
    kinds = Counter(f"{one.gateway}: {one.kind}" for one in run.differences if not one.is_told_once)
    kinds.update({f"{one.gateway}: {one.what}, together {one.amount}": one.count for one in run.told_once})
    kinds.update(f"{name}: unreached" for name in run.unreached)
    return Draft(
        key=f"open-differences/{run.id}",
        to=to,
        kind="open_differences",
        form=Form.DIGEST,
        facts={**_facts(sorted(kinds.items())), "run": run.id},
    )


def _facts(rows: Sequence[tuple[str, int]], link: str | None = None) -> dict[str, object]:
    return {
        "rows": rows[:SHOWN],
        "more": max(len(rows) - SHOWN, 0),
        "count": len(rows),
        "sum": sum(number for _, number in rows),
        "link": link,
    }
