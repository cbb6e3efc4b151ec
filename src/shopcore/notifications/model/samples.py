"""One draft of each kind, for whoever wants to see what the shop writes."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from shopcore.inventory.model import StockItem
from shopcore.jobs.model import Depth, JobState
from shopcore.kernel.address import Address, Contact
from shopcore.kernel.ids import CartId, FulfillmentId, OrderId, PaymentId, RefundId, Sku, VariantId
from shopcore.kernel.money import Money
from shopcore.notifications.model.account_mails import AccountMail, Notice, account_mail
from shopcore.notifications.model.draft import Draft
from shopcore.notifications.model.news import (
    back_in_stock,
    cart_reminder,
    dead_jobs,
    endpoint_off,
    failed_refund,
    lapsed_hold,
    low_stock,
    open_differences,
)
from shopcore.notifications.model.order_mails import OrderNotice, order_mail
from shopcore.ordering.model import Fulfillment, Order, OrderLine, OrderTotals, Refund
from shopcore.payments.model import Difference, Kind, Reconciliation, ToldOnce, requested
from shopcore.webhooks.model import Endpoint
from shopcore.webhooks.model.endpoints import SILENT

_AT = datetime(2026, 1, 1, tzinfo=UTC)
_TO = "mia.krause@example.org"


def sample_drafts(currency: str, app_url: str) -> Sequence[Draft]:
    """All kinds that there are: an order with every figure, then what is written about accounts."""
    notices = (
        AccountMail(
            notice=each,
            key=f"sample/{each}",
            to=_TO,
            asked_at=_AT,
            token="sample.token",  # noqa: S106
            account="m***@example.org",
            passkeys=("Telephone (2026-01-01)",),
            has_factor=each is not Notice.SECOND_FACTOR_OFF,
        )
        for each in Notice
    )
    order = _order(currency)
    orders = (order_mail(order, each, "sample") for each in OrderNotice)
    return [*orders, *(account_mail(each, app_url) for each in notices), *_news(app_url, order)]


def _news(app_url: str, order: Order) -> Sequence[Draft]:
    items = [StockItem(sku=Sku(f"TEA-{number}"), tracked=True, on_hand=number) for number in (0, 1, 3)]
    depth = Depth(kind="send_order_confirmation", state=JobState.DEAD, count=2)
    endpoint = Endpoint(id="sample", url="https://erp.example.org/shop", created_at=_AT, secrets=(), off_reason=SILENT)
    rows = [("Darjeeling, first flush, 100 g", 2), ("A pot of cast iron with a lid", 1)]
    leave = f"{app_url}/unsubscribe/sample.token"
    return [
        cart_reminder(CartId("sample"), _TO, rows, app_url, leave),
        back_in_stock("sample", _TO, "Darjeeling, first flush, 100 g", f"{app_url}/products/darjeeling", leave),
        low_stock("staff@example.org", items, 3, "2026-01-01"),
        dead_jobs("staff@example.org", [depth], _AT),
        endpoint_off("staff@example.org", endpoint, _AT),
        failed_refund("staff@example.org", order, order.refunds[0]),
        lapsed_hold("staff@example.org", order, "sample"),
        open_differences("staff@example.org", _compared()),
    ]


def _compared() -> Reconciliation:
    found = tuple(Difference(kind=kind, gateway="stripe", at=_AT) for kind in (Kind.EXTRA, Kind.AMOUNT, Kind.EXTRA))
    theirs = ToldOnce(kind=Kind.FOREIGN, gateway="stripe", count=12, amount=Money(48_000, "EUR"))
    return msgspec.structs.replace(
        requested("sample", _AT, "system:reconcile_payments", timedelta(days=3)),
        differences=found,
        told_once=(theirs,),
        unreached=("manual",),
    )


def _order(currency: str) -> Order:
    def money(amount: int) -> Money:
        return Money(amount, currency)

    lines = [
        ("TEA-1", "Darjeeling, first flush, 100 g", 2, 1_290),
        ("POT-1", "A pot of cast iron with a lid, a strainer and a name that is too long for one line", 1, 8_900),
    ]
    return Order(
        id=OrderId("sample"),
        number="7K2M-9QXT",
        cart_id=CartId("sample"),
        placed_at=_AT,
        expires_at=_AT,
        lines=tuple(
            OrderLine(
                variant_id=VariantId(sku),
                sku=Sku(sku),
                title=title,
                quantity=quantity,
                unit_price=money(price),
                line_total=money(price * quantity),
            )
            for sku, title, quantity, price in lines
        ),
        totals=OrderTotals(
            subtotal=money(11_480), discount=money(1_148), shipping=money(490), tax=money(1_728), total=money(10_822)
        ),
        explanation=msgspec.Raw(b"{}"),
        fulfillments=(
            Fulfillment(id=FulfillmentId("sample"), shipped_at=_AT, carrier="DHL", tracking_number="00340434161094"),
        ),
        refunds=(
            Refund(
                id=RefundId("sample"),
                payment_id=PaymentId("sample"),
                amount=money(1_290),
                reason="One of the two tins was dented",
                requested_at=_AT,
            ),
        ),
        contact=Contact(
            email=_TO,
            shipping_address=Address(
                name="Mia Krause", line1="Gerberweg 11", postal_code="96049", city="Bamberg", country="DE"
            ),
        ),
    )
