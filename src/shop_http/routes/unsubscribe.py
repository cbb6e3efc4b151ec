"""The link in mails that nobody waits for: a page for people, and what their mail programs post to (RFC 8058)."""

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response.base import ASGIResponse

from shop_http.answers import PRIVATE, Answer
from shop_http.openapi import OPERATION, Operation
from shop_http.visit import Visit

_HTML = "text/html"
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>Mails</title>
</head>
<body>
{said}
</body>
</html>
"""
_ASKED = """<h1>No more mails like this one?</h1>
<p>Mails about your orders and the security of your account come all the same.</p>
<form method="post"><button name="List-Unsubscribe" value="One-Click">No more of them</button></form>"""
_DONE = """<h1>You get no more of them</h1>
<p>If you change your mind, your account has the switch.</p>"""


@get(
    "/unsubscribe/{token:str}",
    opt={OPERATION: Operation(tag="accounts", public=True, answers={200: str}, media_type=_HTML)},
)
async def ask_to_leave(token: FromPath[str]) -> ASGIResponse:  # noqa: ARG001 - the page posts to where it is
    """Ask whoever follows the link; nothing changes yet, since scanners of mail follow every link."""
    return _page(_ASKED)


@post(
    "/unsubscribe/{token:str}",
    status_code=200,
    opt={OPERATION: Operation(tag="accounts", public=True, answers={200: str}, media_type=_HTML)},
)
async def leave(visit: NamedDependency[Visit], token: FromPath[str]) -> ASGIResponse:
    """Take back the wish for mails of that kind, without cookies and whatever the body says: the token says it all.

    The customer gives it again with `PATCH /me`.
    """
    await visit.body()
    await visit.public.accounts.leave_mailing(token=token)
    return _page(_DONE)


def _page(said: str) -> ASGIResponse:
    body = _PAGE.format(said=said).encode()
    headers = {"cache-control": PRIVATE, "referrer-policy": "no-referrer"}
    return Answer(body=body, media_type=_HTML, headers=headers).to_asgi()
