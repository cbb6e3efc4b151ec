"""Requests that nobody thought of, of every kind of actor: no answer is a 5xx, and all are as the document says."""

import asyncio
import os
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.http.conftest import ORDER, PRODUCTS, lasting, serving, settings_for, stocked
from tests.security.scene import FOR_APPS, FOR_KEYS, Scene

from shopcore.kernel.actor import Customer, Guest
from shopcore.shop import Settings, Shop

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
CASES = int(os.environ.get("SHOP_FUZZ_CASES", "4"))
"""Of each operation, good and bad ones: some 600 requests in the usual run; `nox -s fuzz` asks for more than 20,000."""

ENOUGH = max(25 * CASES, 10_000 if CASES >= 200 else 0)
"""Of either mode: together they are the 20,000 that the nightly run promises, or it fails."""

Actor = dict[str, str]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A stocked shop in a file of its own."""
    folder: Path = tmp_path_factory.mktemp("shop")
    chosen = settings_for(folder, **lasting(folder))
    stocked(chosen, PRODUCTS)
    return chosen


@pytest.fixture(scope="module")
def address(place: Settings) -> Iterator[str]:
    with serving(place) as listening:
        yield listening


@pytest.fixture(scope="module")
def document(address: str) -> dict[str, Any]:
    loaded: dict[str, Any] = httpx.get(f"{address}/openapi.json").json()
    return loaded


@pytest.fixture(scope="module")
def proofs(address: str) -> Iterator[dict[str, str]]:
    """Secrets of a cart and of an order that exist, so that half of the requests get beyond the door."""
    with httpx.Client(base_url=address) as client:

        def cart() -> str:
            added = client.post("/cart/items", json={"sku": "CAP", "quantity": 1})
            return added.headers["x-cart-token"]

        headers = {"X-Cart-Token": cart(), "Idempotency-Key": str(uuid.uuid4())}
        command = {**ORDER, "payment": {"method": "declined"}}
        bought = client.post("/cart/checkout", json=command, headers=headers).json()
        yield {"X-Cart-Token": cart(), "X-Order-Token": bought["order_token"], "order_id": bought["order"]["id"]}


@pytest.fixture(scope="module")
def actors(place: Settings, address: str, proofs: dict[str, str]) -> Sequence[Actor]:
    """Everybody who may come: nobody, a guest, customers, staff, apps, systems, and somebody with a false key."""

    async def known() -> list[Actor]:
        async with Shop.open(place) as shop:
            scene = Scene(shop, httpx.AsyncClient())
            keys = [await scene.key(*FOR_KEYS), await scene.key("pricing:read")]
            people = [await scene.customer(), await scene.customer("", "owner"), await scene.customer("", "auditor")]
            people += [await scene.app(people[1], *FOR_APPS), await scene.app(people[0], "cart"), await scene.system()]
            return [*keys, *({"Authorization": person["Authorization"]} for person in people), await _page(scene)]

    with ThreadPoolExecutor(1) as elsewhere:
        found = elsewhere.submit(lambda: asyncio.run(known())).result()
    guest = {name: value for name, value in proofs.items() if "-" in name}
    return [guest, *found, {"Authorization": "Bearer shopkey_false"}, {}]


async def _page(scene: Scene) -> Actor:
    """A customer's page in a browser, with the cookie of its session and its token."""
    token = (await scene.customer())["Authorization"].removeprefix("Bearer ")
    customer = await scene.shop.authenticate(Guest(), token)
    assert isinstance(customer, Customer)
    assert customer.sign_in is not None
    return {"Cookie": f"shop-access={token}", "X-CSRF-Token": scene.shop.page_token(customer.sign_in.session_id)}


def ask_about_everything(
    document: dict[str, Any],
    address: str,
    actors: Sequence[Actor],
    mode: GenerationMode,
    order_id: str,
    cases: int = CASES,
) -> int:
    schema = schemathesis.openapi.from_dict(document)
    asked = 0
    turn = cycle(actors)
    for result in schema.get_all_operations():
        assert isinstance(result, Ok)

        @settings(max_examples=cases, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
        @given(case=result.ok().as_strategy(generation_mode=mode))
        def ask(case: Any) -> None:
            nonlocal asked
            asked += 1
            actor = next(turn)
            case.headers = {**(case.headers or {}), **actor}
            if actor and mode is GenerationMode.POSITIVE and "order_id" in (case.path_parameters or {}):
                case.path_parameters["order_id"] = order_id
            case.call_and_validate(base_url=address, checks=CHECKS)

        with suppress(Unsatisfiable):  # an operation that takes nothing cannot be given something bad
            ask()
    return asked


@pytest.mark.slow
@pytest.mark.timeout(7_200 if CASES > 6 else 180)
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_whatever_is_asked_is_answered_as_documented(
    document: dict[str, Any], address: str, actors: Sequence[Actor], proofs: dict[str, str], mode: GenerationMode
) -> None:
    asked = ask_about_everything(document, address, actors, mode, proofs["order_id"])
    print(f"{asked} requests, {mode.value}")  # noqa: T201 - the nightly run shows how much it asked

    assert asked >= ENOUGH


def test_a_document_that_lies_is_noticed(
    document: dict[str, Any], address: str, actors: Sequence[Actor], proofs: dict[str, str]
) -> None:
    """One that does not say that a product can be absent."""
    operation = document["paths"]["/products/{id_or_slug}"]["get"]
    responses = {status: response for status, response in operation["responses"].items() if status != "404"}
    lie = {**document, "paths": {"/products/{id_or_slug}": {"get": {**operation, "responses": responses}}}}

    with pytest.raises(FailureGroup):
        ask_about_everything(lie, address, actors, GenerationMode.POSITIVE, proofs["order_id"], 10)
