"""Requests that nobody thought of: none is answered with a 5xx, and every answer is as the document says."""

import uuid
from collections.abc import Iterator
from contextlib import suppress
from itertools import cycle
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
from tests.http.conftest import ORDER

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
CASES = 10  # of each operation, good and bad ones: some 400 requests, in a few seconds


@pytest.fixture(scope="module")
def document(served: str) -> dict[str, Any]:
    loaded: dict[str, Any] = httpx.get(f"{served}/openapi.json").json()
    return loaded


@pytest.fixture(scope="module")
def proofs(served: str) -> Iterator[dict[str, str]]:
    """Secrets of a cart and of an order that exist, so that half of the requests get beyond the door."""
    with httpx.Client(base_url=served) as client:

        def cart() -> str:
            added = client.post("/cart/items", json={"sku": "CAP", "quantity": 1})
            return added.headers["x-cart-token"]

        headers = {"X-Cart-Token": cart(), "Idempotency-Key": str(uuid.uuid4())}
        command = {**ORDER, "payment": {"method": "declined"}}
        bought = client.post("/cart/checkout", json=command, headers=headers).json()
        yield {"X-Cart-Token": cart(), "X-Order-Token": bought["order_token"], "order_id": bought["order"]["id"]}


def ask_about_everything(
    document: dict[str, Any], served: str, proofs: dict[str, str], mode: GenerationMode, cases: int
) -> int:
    schema = schemathesis.openapi.from_dict(document)
    asked = 0
    known = cycle([True, False])
    for result in schema.get_all_operations():
        assert isinstance(result, Ok)

        @settings(max_examples=cases, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
        @given(case=result.ok().as_strategy(generation_mode=mode))
        def ask(case: Any) -> None:
            nonlocal asked
            asked += 1
            if mode is GenerationMode.POSITIVE and next(known):
                case.headers = {**(case.headers or {}), **{name: proofs[name] for name in proofs if "-" in name}}
                if "order_id" in (case.path_parameters or {}):
                    case.path_parameters["order_id"] = proofs["order_id"]
            case.call_and_validate(base_url=served, checks=CHECKS)

        with suppress(Unsatisfiable):  # an operation that takes nothing cannot be given something bad
            ask()
    return asked


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_whatever_is_asked_is_answered_as_documented(
    document: dict[str, Any], served: str, proofs: dict[str, str], mode: GenerationMode
) -> None:
    assert ask_about_everything(document, served, proofs, mode, CASES) >= 150


def test_a_document_that_lies_is_noticed(document: dict[str, Any], served: str, proofs: dict[str, str]) -> None:
    """One that does not say that a product can be absent."""
    operation = document["paths"]["/products/{id_or_slug}"]["get"]
    responses = {status: response for status, response in operation["responses"].items() if status != "404"}
    lie = {**document, "paths": {"/products/{id_or_slug}": {"get": {**operation, "responses": responses}}}}

    with pytest.raises(FailureGroup):
        ask_about_everything(lie, served, proofs, GenerationMode.POSITIVE, CASES)
