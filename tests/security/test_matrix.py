"""Who is answered what: every address, every kind of actor, and whose it is that is asked for."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.security.matrix import (
    ANOTHERS,
    ASKERS,
    NOT_THERE,
    OWNED,
    PAGE,
    THEIRS,
    Cells,
    Route,
    routes,
    rows,
    told,
    walk,
)
from tests.security.scene import FOR_KEYS, scene_in

ROUTES = routes()
LENT = re.compile(r"GET /me|[A-Z]+ /(me/addresses|orders|cart).*")
"""What a customer can let an app do among what is for customers alone."""
IN_PERSON = re.compile(
    r"POST /admin/orders/\{order_id\}/(cancel|payment/(capture|void|confirm|refuse))"
    r"|POST /admin/orders/\{order_id\}/refunds(/\{refund_id\}/(confirm|retry))?"
    r"|PUT /admin/gateways/\{gateway\}"
    r"|POST /admin/reconciliations/differences/\{difference_id\}/leave"
    r"|DELETE /admin/customers/\{customer_id\}/second-factor"
    r"|(POST /admin/webhook-endpoints|PATCH /admin/webhook-endpoints/\{endpoint_id\}"
    r"|POST /admin/webhook-endpoints/\{endpoint_id\}/secret)"
)
"""What moves money, opens an account, or says where else events go asks staff who they are once more, which no app can
answer; a key is nobody."""
NO_KEY = re.compile(r"DELETE /admin/customers/\{customer_id\}/second-factor")
"""What a key that has leaked would open accounts by."""
OUTSIDE = {"nobody": 401, "guest": 401, "key with": 403, "key without": 403}


def faults(route: Route, cells: Cells) -> Iterator[str]:
    """Every cell in which somebody is told too much or too little."""
    for (whose, asker), answer in cells.items():
        place = f"{route.method} {route.address}, {whose}, {asker}: {answer.status_code}"
        if answer.status_code >= 500:
            yield f"{place} is no answer"
        elif route.public:
            if told(answer) != told(cells[whose, "nobody"]):
                yield f"{place} differs from what everybody is told"
        elif asker == "app without":
            if answer.status_code != 403:
                yield f"{place}, although the app was not given that"
        elif asker == "wrong key":
            if answer.status_code != 401:
                yield f"{place}, who shows a key that is not known"
        elif route.permission is not None:
            yield from _at_the_staff_entrance(place, route, asker, answer)
        else:
            yield from _among_customers(place, route, whose, asker, cells)


def _among_customers(place: str, route: Route, whose: str, asker: str, cells: Cells) -> Iterator[str]:
    answer = cells[whose, asker]
    if route.signed_in and answer.status_code != OUTSIDE.get(asker, answer.status_code):
        yield f"{place}, where one has to be a customer"
    elif (
        asker == "app with"
        and route.signed_in
        and not LENT.fullmatch(f"{route.method} {route.address}")
        and answer.status_code != 403
    ):
        yield f"{place}, which is for people themselves"
    elif whose == ANOTHERS and asker != "key with" and told(answer) != told(cells[NOT_THERE, asker]):
        yield f"{place} is not what there is for something absent"
    elif whose == THEIRS and asker in _owners(route) and answer.status_code >= 400:
        yield f"{place}, although it is theirs"


def _owners(route: Route) -> set[str]:
    """Who can have what this address names."""
    if not set(route.names) & OWNED:
        return set()
    return {"guest", "customer"} if "order_id" in route.names else {"customer"}


def _at_the_staff_entrance(place: str, route: Route, asker: str, answer: httpx.Response) -> Iterator[str]:
    is_for_keys = route.permission in FOR_KEYS
    may = asker in {"owner", "staff with"} or (asker in {"key with", "app with"} and is_for_keys)
    expected = 401 if asker in {"nobody", "guest"} else 403
    if not may and answer.status_code != expected:
        yield f"{place} instead of {expected}"
    if asker == "app with" and IN_PERSON.fullmatch(f"{route.method} {route.address}"):
        is_absent = NOT_THERE in place and answer.status_code == 404
        if not is_absent and told(answer)[:2] != (401, "step_up_required"):
            yield f"{place}, although an app shows nothing of who holds it"
        return
    if asker == "key with" and NO_KEY.fullmatch(f"{route.method} {route.address}"):
        if told(answer)[:2] != (403, "not_for_apps"):
            yield f"{place}, although a key is nobody"
        return
    grants = asker == "staff with" and not is_for_keys and told(answer)[1] == "cannot_grant"
    if may and answer.status_code in {401, 403} and not grants:
        yield f"{place}, although they may"


@pytest.mark.anyio
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.address}")
async def test_everybody_is_answered_as_they_should_be(route: Route, tmp_path: Path) -> None:
    """And as the reference says; `python -m tests.security.matrix` writes it anew."""
    async with scene_in(tmp_path) as scene:
        cells = await walk(scene, route)
    written = PAGE.read_text(encoding="utf-8").splitlines()

    assert list(faults(route, cells)) == []
    assert [line for line in rows(route, cells) if line not in written] == []


def test_the_reference_has_every_address_and_no_other() -> None:
    lines = [line.split("`")[1] for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]

    assert lines == [f"{route.method} {route.address}" for route in ROUTES for _ in route.whose]


def cells_of(route: Route, status: int, **others: int) -> dict[tuple[str, str], httpx.Response]:
    """A walk on which everybody was answered the same, but for some."""
    problem = {"code": "x", "detail": "y"}
    return {
        (whose, asker.name): httpx.Response(others.get(asker.name.replace(" ", "_"), status), json=problem)
        for whose in route.whose
        for asker in ASKERS
    }


def test_a_door_that_stands_open_is_noticed() -> None:
    """One for staff that lets guests in, one that takes any key, one that keeps out who may."""
    (route,) = [each for each in ROUTES if each.path == "/admin/audit"]
    right = {
        "customer": 403,
        "staff_without": 403,
        "key_without": 403,
        "staff_with": 200,
        "owner": 200,
        "key_with": 200,
        "app_without": 403,
        "app_with": 200,
    }

    assert not list(faults(route, cells_of(route, 401, **right)))
    for wrong in (
        *({"guest": 200}, {"customer": 200}, {"staff_without": 200}, {"key_without": 200}, {"wrong_key": 200}),
        *(
            {"key_with": 403},
            {"app_with": 403},
            {"app_without": 200},
            {"staff_with": 403},
            {"owner": 401},
            {"nobody": 500},
        ),
    ):
        assert list(faults(route, cells_of(route, 401, **{**right, **wrong})))


def test_a_foreign_order_that_shows_is_noticed() -> None:
    """By its status, or only by its words."""
    (route,) = [each for each in ROUTES if (each.method, each.address) == ("GET", "/orders/{order_id}")]
    right = cells_of(route, 404, wrong_key=401, app_without=403)
    right |= {(THEIRS, asker): httpx.Response(200) for asker in ("guest", "customer")}
    status = {**right, (ANOTHERS, "guest"): httpx.Response(403, json={"code": "x", "detail": "y"})}
    words = {**right, (ANOTHERS, "nobody"): httpx.Response(404, json={"code": "x", "detail": "not yours"})}

    assert not list(faults(route, right))
    assert list(faults(route, status))
    assert list(faults(route, words))
