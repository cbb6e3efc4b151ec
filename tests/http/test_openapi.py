"""The document of the interface says what was promised, of every address."""

import json
import re
from typing import Any

import httpx
import pytest
from tests.http.conftest import Buy, Fill, client_of, settings_for
from tests.http.promises import ANSWERS, BODIES, BY_MAIL, CONTRACT, FOR_CLIENTS, QUERIES, SIGNED_IN

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def document(tmp_path_factory: pytest.TempPathFactory, kept_always_on: None) -> dict[str, Any]:
    """As a shop tells it: the same for all that is asked of it here."""
    async with client_of(settings_for(tmp_path_factory.mktemp("shop"))) as client:
        answer = await client.get("/openapi.json")
    assert answer.status_code == 200
    loaded: dict[str, Any] = answer.json()
    return loaded


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


async def test_it_has_the_lines_of_the_contract_and_no_other(document: dict[str, Any]) -> None:
    promised = [tuple(line.split()) for line in CONTRACT.strip().splitlines()]

    assert document["openapi"].startswith("3.1")
    assert {(method, path) for method, path, _ in operations(document)} == {line[:2] for line in promised}
    for method, path, status in promised:
        assert status in document["paths"][path][method.lower()]["responses"]


async def test_queries_take_the_parameters_of_the_contract(document: dict[str, Any]) -> None:
    for path, names in QUERIES.items():
        parameters = document["paths"][path]["get"]["parameters"]
        assert sorted(each["name"] for each in parameters if each["in"] == "query") == sorted(names)
    sort = next(each for each in document["paths"]["/products"]["get"]["parameters"] if each["name"] == "sort")
    reference = sort["schema"]["$ref"].rpartition("/")[2]
    assert set(document["components"]["schemas"][reference]["enum"]) == {
        *("newest", "price_asc", "price_desc", "rating", "name")
    }


@pytest.mark.parametrize("name", BODIES)
async def test_a_body_takes_what_the_contract_names_and_nothing_else(document: dict[str, Any], name: str) -> None:
    schema = document["components"]["schemas"][name]

    assert sorted(schema["properties"]) == sorted(BODIES[name])
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize("name", ANSWERS)
async def test_an_answer_says_at_least_what_the_contract_names(document: dict[str, Any], name: str) -> None:
    assert set(document["components"]["schemas"][name]["properties"]) >= set(ANSWERS[name])


async def test_every_refusal_is_a_problem(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        for status, response in operation["responses"].items():
            if int(status) < 400 or (path, status) == ("/health/ready", "503"):
                continue
            content = response["content"]
            if path in FOR_CLIENTS and status in {"400", "401"}:
                assert content["application/json"]["schema"] == {"$ref": "#/components/schemas/OAuthProblem"}
                continue
            assert list(content) == ["application/problem+json"], (method, path, status)
            assert content["application/problem+json"]["schema"] == {"$ref": "#/components/schemas/Problem"}


async def test_headers_that_an_act_reads_are_declared(document: dict[str, Any]) -> None:
    def headers(method: str, path: str) -> dict[str, bool]:
        parameters = document["paths"][path][method]["parameters"]
        return {each["name"]: each["required"] for each in parameters if each["in"] == "header"}

    assert headers("post", "/cart/checkout") == {"X-Cart-Token": False, "Idempotency-Key": True}
    assert headers("post", "/cart/items") == {"X-Cart-Token": False, "Idempotency-Key": False}
    assert headers("get", "/orders/{order_id}") == {"X-Order-Token": False}


async def test_a_key_is_required_where_the_contract_says_so_and_nowhere_else(document: dict[str, Any]) -> None:
    """Where a repeated request would take or give money a second time."""
    required = {
        f"{method} {path}"
        for method, path, operation in operations(document)
        for each in operation["parameters"]
        if each["name"] == "Idempotency-Key" and each["required"]
    }

    assert {each.lower() for each in required} == {"post /cart/checkout", "post /admin/orders/{order_id}/refunds"}


async def test_every_operation_says_who_may_use_it(document: dict[str, Any]) -> None:
    """What staff may do names its permission, and everything but public pages the credentials that it takes."""
    schemes = set(document["components"]["securitySchemes"])
    for _, path, operation in operations(document):
        assert ("x-permission" in operation) is path.startswith("/admin")
        for choice in operation.get("security", []):
            assert set(choice) <= schemes
        is_known = path == "/me" or (path.startswith(SIGNED_IN) and path not in BY_MAIL)
        is_known |= path.startswith("/auth/passkeys") and not path.startswith("/auth/passkeys/sign-in")
        assert ({} in operation.get("security", [{}])) is not is_known
        if path.startswith("/admin"):
            assert {"401", "403"} <= set(operation["responses"])


async def test_bounds_of_integers_are_integers(document: dict[str, Any]) -> None:
    bounds = re.findall(r'"(?:minimum|maximum|minLength|maxLength)":\s*([^,}\s]+)', json.dumps(document))

    assert bounds
    assert all(re.fullmatch(r"\d+", bound) for bound in bounds)


async def test_every_body_has_an_example_that_the_shop_can_read(
    client: httpx.AsyncClient, document: dict[str, Any], fill: Fill, buy: Buy
) -> None:
    """It may refuse what the example asks for, but not its form."""
    bought = (await buy(await fill())).json()
    proof = {"X-Order-Token": bought["order_token"]}
    for method, path, operation in operations(document):
        if "requestBody" in operation:
            ((media_type, content),) = operation["requestBody"]["content"].items()
            address = path.format(
                variant_id="x",
                name="x",
                address_id="x",
                session_id="x",
                gateway="bogus",
                endpoint_id="x",
                passkey_id="x",
                customer_id="x",
                client_id="x",
                difference_id="x",
                order_id=bought["order"]["id"],
            )
            headers = {**await fill(), **proof, "Idempotency-Key": f"example of {method} {path}"}
            sent: dict[str, Any] = {"json" if media_type == "application/json" else "data": content["example"]}
            answer = await client.request(method, address, headers=headers, **sent)
            assert answer.status_code not in {400, 415, 500}, (path, answer.text)


async def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    references = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document)))

    assert references == set(document["components"]["schemas"])


async def test_who_has_the_document_is_told_so(client: httpx.AsyncClient) -> None:
    etag = (await client.get("/openapi.json")).headers["etag"]

    assert (await client.get("/openapi.json", headers={"If-None-Match": etag})).status_code == 304
