"""Payment methods that Stripe keeps for customers: each customer of the shop who wants that has a Customer there.

A method in a Customer pays only for that Customer, whoever knows its id: Stripe sees to that.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from shopcore.adapters.stripe.errors import Broken, Refused
from shopcore.adapters.stripe.link import NAME, Link, Question
from shopcore.adapters.stripe.objects import Method, Methods, Named
from shopcore.kernel.ids import CustomerId
from shopcore.payments.errors import GatewayUnavailable, MethodNotFound
from shopcore.payments.model import SavedMethod

_MOST = 100  # a page; nobody has so many

_named = msgspec.json.Decoder(Named)
_method = msgspec.json.Decoder(Method)
_methods = msgspec.json.Decoder(Methods)


class StripeMethods:
    """What Stripe keeps. It is told who a customer is by the shop's own id and by nothing else."""

    def __init__(self, link: Link) -> None:
        self._link = link

    @property
    def name(self) -> str:
        """The gateway's."""
        return NAME

    async def open(self, customer_id: CustomerId) -> str:
        """See the port."""
        asked: Any = {"metadata": {"shop_customer": customer_id}}
        options: Any = {"idempotency_key": f"customer:{customer_id}"}
        body = await self._ask(lambda client: client.v1.customers.create_async(asked, options))
        if body is None:
            raise GatewayUnavailable(NAME)
        return _named.decode(body).id

    async def methods(self, reference: str) -> Sequence[SavedMethod]:
        """See the port."""
        asked: Any = {"limit": _MOST}
        body = await self._ask(lambda client: client.v1.customers.payment_methods.list_async(reference, asked))
        return [] if body is None else [each.saved for each in _methods.decode(body).data]

    async def drop(self, reference: str, method: str) -> None:
        """See the port. That it is in this wallet is asked first: Stripe takes any out that it is asked to."""
        theirs = await self._ask(lambda client: client.v1.customers.payment_methods.retrieve_async(reference, method))
        if theirs is None or _method.decode(theirs).customer != reference:
            raise MethodNotFound
        options: Any = {"idempotency_key": f"{method}:detach"}
        await self._ask(lambda client: client.v1.payment_methods.detach_async(method, None, options))

    async def close(self, reference: str) -> None:
        """See the port."""
        await self._ask(lambda client: client.v1.customers.delete_async(reference))

    async def _ask(self, question: Question) -> str | None:
        """What Stripe answers; None where it knows no such thing. Raises `GatewayUnavailable`."""
        try:
            return (await self._link.ask(question)).body
        except Refused as refusal:
            if refusal.is_absent:
                return None
            raise GatewayUnavailable(NAME) from refusal
        except Broken as failure:
            raise GatewayUnavailable(NAME) from failure
