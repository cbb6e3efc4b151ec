"""Compare what orders say of their money with the ledger."""

from dataclasses import dataclass
from functools import partial

from shopcore.aftersales.model.books import BooksOfOrders, OutOfStep, by_the_books, out_of_step
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.audit import Audit
from shopcore.kernel.ids import OrderId
from shopcore.kernel.paging import MAX_LIMIT, decode_cursor, encode_cursor, list_name
from shopcore.kernel.sealing import Signer
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.ordering.ports import OrderFilter, OrderList, Orders
from shopcore.payments.ports import Ledger

_LIST = list_name("orders by the books", OrderFilter())


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckOrders:
    """The payment status of an order is written beside it with each entry; the ledger is what counts. A page of all
    orders at a time. One that differs is looked at once more, with its entries as they are at that moment.
    """

    order_list: OrderList
    orders: Orders
    ledger: Ledger
    audit: Audit
    unit_of_work: UnitOfWork
    signer: Signer

    async def __call__(self, actor: Actor, *, mend: bool = False, cursor: str | None = None) -> BooksOfOrders:
        """Staff with `payments:write`. With `mend` each that says another status is told what the ledger says, audited.
        What went back by one of the two only is left to a person.

        Raises `InvalidCursor`.
        """
        permit(actor, "payments:write")
        page = await self.order_list.page(OrderFilter(), decode_cursor(self.signer, _LIST, cursor), MAX_LIMIT)
        found: list[OutOfStep] = []
        for order in page.items:
            if out_of_step(order, await self.ledger.entries_of(order.id)) is not None:
                differs = await self.unit_of_work(partial(self._look_again, actor, order.id, mend=mend))
                found += [differs] if differs is not None else []
        return BooksOfOrders(
            compared=len(page.items),
            out_of_step=tuple(found),
            next_cursor=encode_cursor(self.signer, _LIST, page.next_position),
        )

    async def _look_again(self, actor: Actor, order_id: OrderId, *, mend: bool) -> OutOfStep | None:
        order, entries = await self.orders.get(order_id), await self.ledger.entries_of(order_id)
        differs = out_of_step(order, entries)
        if mend and differs is not None and differs.says is not differs.booked:
            await self.orders.update(order_id, lambda held: by_the_books(held, entries))
            before, after = {"payment_status": differs.says.value}, {"payment_status": differs.booked.value}
            await self.audit.record(actor, "order.rebook", order_id, before=before, after=after)
        return differs
