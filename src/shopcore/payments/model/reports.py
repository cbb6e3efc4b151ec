"""What the books come to: a tax report, and what lies where. Sums over the ledger, and nothing else."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import msgspec

from shopcore.kernel.errors import InvalidInput
from shopcore.kernel.instants import require_countable
from shopcore.kernel.money import Money
from shopcore.payments.model.ledger import Account, Total

USUAL_SPAN = timedelta(days=30)
LONGEST_SPAN = timedelta(days=400)
"""Of a tax report, unless it is said, and at most."""


class TaxedSales(msgspec.Struct, frozen=True, kw_only=True):
    """What was sold in one currency: goods less discounts, shipping, and the tax on both, none of it in the others.

    `refunded` went back, was waived, or was lost in a dispute, in the same span, whenever it was sold: tax and all.
    `refunded_tax` is the tax in it, so what is owed for the span is `tax` less that.
    """

    goods: Money
    shipping: Money
    tax: Money
    total: Money
    refunded: Money
    refunded_tax: Money


class TaxReport(msgspec.Struct, frozen=True, kw_only=True):
    """The sales that were paid, or given away, from `since` to before `until`, by currency."""

    since: datetime
    until: datetime
    items: tuple[TaxedSales, ...]


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """What a gateway holds for the shop in one currency, as the books have it, and the fees that it has kept.

    Payouts to a bank are not in the books.
    """

    gateway: str
    held: Money
    fees: Money


class AccountBalance(msgspec.Struct, frozen=True, kw_only=True):
    """Debits less credits of an account in one currency; all of one currency come to zero."""

    account: Account
    amount: Money


class Balances(msgspec.Struct, frozen=True, kw_only=True):
    """The books as they stood before `until`."""

    until: datetime
    gateways: tuple[Held, ...]
    accounts: tuple[AccountBalance, ...]


def tax_span(since: datetime | None, until: datetime | None, now: datetime) -> tuple[datetime, datetime]:
    """The span of a report. Raises `InvalidInput` for one that is empty or too long."""
    require_countable(since=since, until=until)
    end = until or now
    start = since or end - USUAL_SPAN
    if start >= end:
        raise InvalidInput.of("until", "out_of_range", "must be after since")
    if end - start > LONGEST_SPAN:
        raise InvalidInput.of("since", "out_of_range", f"must be at most {LONGEST_SPAN.days} days before until")
    return start, end


def tax_report(totals: Iterable[Total], since: datetime, until: datetime) -> TaxReport:
    """Of what was posted in the span."""
    totals = list(totals)
    sold, later = (_by_currency(one for one in totals if one.is_sale is said) for said in (True, False))
    items = [
        _taxed(_filled(currency, sold.get(currency, {})), _filled(currency, later.get(currency, {})))
        for currency in sorted({*sold, *later})
    ]
    return TaxReport(since=since, until=until, items=tuple(items))


def _taxed(sold: Mapping[Account, Money], later: Mapping[Account, Money]) -> TaxedSales:
    goods = -sold[Account.REVENUE] - sold[Account.DISCOUNT]
    shipping, tax = -sold[Account.SHIPPING], -sold[Account.TAX]
    return TaxedSales(
        goods=goods,
        shipping=shipping,
        tax=tax,
        total=goods + shipping + tax,
        refunded=later[Account.REFUND] + later[Account.TAX],
        refunded_tax=later[Account.TAX],
    )


def balances_of(totals: Iterable[Total], until: datetime) -> Balances:
    """Of all that was posted before."""
    totals = list(totals)
    places = sorted({(one.gateway, one.amount.currency) for one in totals if one.gateway is not None})
    accounts = [
        AccountBalance(account=account, amount=amount)
        for _, found in sorted(_by_currency(totals).items())
        for account, amount in sorted(found.items())
    ]
    gateways = [
        Held(
            gateway=gateway,
            held=_sum(totals, Account.CLEARING, gateway, currency),
            fees=_sum(totals, Account.FEE, gateway, currency),
        )
        for gateway, currency in places
    ]
    return Balances(until=until, gateways=tuple(gateways), accounts=tuple(accounts))


def _sum(totals: Iterable[Total], account: Account, gateway: str, currency: str) -> Money:
    found = (one.amount for one in totals if (one.account, one.gateway) == (account, gateway))
    return sum((amount for amount in found if amount.currency == currency), Money.zero(currency))


def _by_currency(totals: Iterable[Total]) -> dict[str, dict[Account, Money]]:
    sums: dict[str, dict[Account, Money]] = defaultdict(dict)
    for one in totals:
        known = sums[one.amount.currency]
        known[one.account] = known.get(one.account, Money.zero(one.amount.currency)) + one.amount
    return sums


def _filled(currency: str, found: dict[Account, Money]) -> dict[Account, Money]:
    return {account: found.get(account, Money.zero(currency)) for account in Account}
