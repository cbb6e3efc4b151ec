"""The page of the bogus gateway on which a customer approves a payment, or refuses it."""

from html import escape

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response.base import ASGIResponse

from shop_http.answers import PRIVATE, Answer
from shop_http.errors import Refusal
from shop_http.visit import Visit
from shopcore.kernel.errors import FieldError

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Bogus bank</title>
<link rel="icon" href="/static/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/static/bogus.css">
</head>
<body>
<h1>Bogus bank</h1>
<p>{said}</p>
{form}
</body>
</html>
"""
_FORM = """<form method="post">
<button name="decision" value="approve">Approve</button>
<button name="decision" value="refuse">Refuse</button>
</form>"""
_WAITING = "requires_action"


@get("/bogus/actions/{charge_id:str}")
async def show_action(visit: NamedDependency[Visit], charge_id: FromPath[str]) -> ASGIResponse:
    """Ask the customer."""
    charge = await (await visit.shop.bogus_bank(charge_id)).gateway.charge(charge_id)
    if charge.status != _WAITING:
        return _page(f"This payment is {charge.status}. You can close this page.")
    return _page(f"A shop asks for {charge.amount}. No money moves: this bank is for trying out.", _FORM)


@post("/bogus/actions/{charge_id:str}", status_code=303)
async def decide(visit: NamedDependency[Visit], charge_id: FromPath[str]) -> ASGIResponse:
    """Take the customer's decision, and show what came of it."""
    bank = (await visit.shop.bogus_bank(charge_id)).gateway
    act = {b"decision=approve": bank.approve, b"decision=refuse": bank.refuse}.get(await visit.body())
    if act is None:
        raise Refusal.of(422, FieldError(field="decision", code="required", message="must be approve or refuse"))
    charge = await act(charge_id)
    headers = {"location": f"/bogus/actions/{charge.id}", "cache-control": PRIVATE}
    return Answer(status=303, media_type="text/html", headers=headers).to_asgi()


def _page(said: str, form: str = "") -> ASGIResponse:
    body = _PAGE.format(said=escape(said), form=form).encode()
    return Answer(body=body, media_type="text/html", headers={"cache-control": PRIVATE}).to_asgi()
