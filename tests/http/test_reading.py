"""Bodies and query strings: what is refused, with which status, naming which field."""

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop_http.errors import Refusal
from shop_http.reading import read_json, read_query

JSON = "application/json"


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    quantity: int
    note: Annotated[str, msgspec.Meta(max_length=3)] | None = None


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    lines: list[Line]


class Sort(StrEnum):
    UP = "up"
    DOWN = "down"


class Query(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20
    sort: Sort = Sort.UP
    in_stock: bool | None = None
    q: str | None = None


def attempt(read: Callable[[], object]) -> Refusal | None:
    """What was refused; None when it was read. Anything else that is raised fails the test."""
    try:
        read()
    except Refusal as refusal:
        return refusal
    return None


def refusal_of_body(body: bytes, **headers: str) -> Refusal:
    with pytest.raises(Refusal) as caught:
        read_json(
            Body, body, {"content-type": JSON, **{name.replace("_", "-"): value for name, value in headers.items()}}
        )
    return caught.value


def refusal_of_query(query: bytes) -> Refusal:
    with pytest.raises(Refusal) as caught:
        read_query(Query, query)
    return caught.value


def test_a_good_body_is_read() -> None:
    assert read_json(Body, b'{"lines":[{"quantity":2}]}', {"content-type": f"{JSON}; charset=utf-8"}) == Body(
        lines=[Line(quantity=2)]
    )


@pytest.mark.parametrize(
    ("body", "status", "field", "code"),
    [
        (b'{"lines":[{"quantity":"2"}]}', 400, "lines/0/quantity", "wrong_type"),
        (b'{"lines":[{"quantity":null}]}', 400, "lines/0/quantity", "wrong_type"),
        (b'{"lines":[{"quantity":true}]}', 400, "lines/0/quantity", "wrong_type"),
        (b'{"lines":[{"quantity":1},{"quantity":1.5}]}', 422, "lines/1/quantity", "not_an_integer"),
        (b'{"lines":[{"quantity":1,"colour":"red"}]}', 400, "lines/0/colour", "unknown_field"),
        (b'{"lines":[{}]}', 422, "lines/0/quantity", "required"),
        (b'{"lines":[{"quantity":1,"note":"long"}]}', 422, "lines/0/note", "invalid_length"),
        (b'{"lines":{}}', 400, "lines", "wrong_type"),
        (b"[]", 400, "body", "wrong_type"),
        (b"", 400, "body", "malformed_json"),
        (b'{"lines":[}', 400, "body", "malformed_json"),
        (b'{"lines":[]} {"lines":[]}', 400, "body", "malformed_json"),
        (b'{"lines":[{"quantity":1,"note":"\xff"}]}', 400, "body", "invalid_utf8"),
        (b'{"lines":[{"quantity":1,"note":"\\ud800"}]}', 400, "body", "malformed_json"),
        (b"[" * 100_000, 400, "body", "wrong_type"),
    ],
)
def test_a_bad_body_is_refused_naming_field_and_rule(body: bytes, status: int, field: str, code: str) -> None:
    refusal = refusal_of_body(body)

    assert (refusal.status, refusal.code) == (status, code)
    assert [(error.field, error.code) for error in refusal.errors] == [(field, code)]


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/xml", "application/jsonp"])
def test_another_media_type_is_refused(content_type: str) -> None:
    assert refusal_of_body(b"{}", content_type=content_type).status == 415


def test_a_body_without_a_media_type_is_refused() -> None:
    with pytest.raises(Refusal, match="application/json"):
        read_json(Body, b"{}", {})


@pytest.mark.parametrize("coding", ["gzip", "br", "identity, gzip", "x"])
def test_a_compressed_body_is_refused_and_told_how_to_send_it(coding: str) -> None:
    refusal = refusal_of_body(b"{}", content_encoding=coding)

    assert (refusal.status, refusal.code) == (415, "unsupported_content_encoding")
    assert refusal.headers["accept-encoding"] == "identity"


@given(st.binary(max_size=200))
def test_whatever_bytes_come_they_are_read_or_refused(body: bytes) -> None:
    """Nothing else is ever raised: that would be a 500."""
    refusal = attempt(lambda: read_json(Body, body, {"content-type": JSON}))

    assert refusal is None or (refusal.status in {400, 422} and refusal.errors)


@given(st.binary(max_size=200))
def test_whatever_query_comes_it_is_read_or_refused(query: bytes) -> None:
    refusal = attempt(lambda: read_query(Query, query))

    assert refusal is None or (refusal.status in {400, 422} and refusal.errors)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(), st.lists))
def test_a_value_of_another_type_is_never_taken(value: object) -> None:
    """Only a whole number is a quantity."""
    body = msgspec.json.encode({"lines": [{"quantity": value}]})
    refusal = attempt(lambda: read_json(Body, body, {"content-type": JSON}))

    if refusal is None:
        assert isinstance(value, int | float)
        assert not isinstance(value, bool)
        assert read_json(Body, body, {"content-type": JSON}).lines[0].quantity == value
    else:
        assert not isinstance(value, int) or isinstance(value, bool)
        assert refusal.errors[0].field == "lines/0/quantity"


def test_a_good_query_is_read() -> None:
    assert read_query(Query, b"limit=5&sort=down&in_stock=true&q=caf%C3%A9") == Query(
        limit=5, sort=Sort.DOWN, in_stock=True, q="café"
    )
    assert read_query(Query, b"") == Query()


@pytest.mark.parametrize(
    ("query", "status", "field", "code"),
    [
        (b"limit=0", 422, "limit", "out_of_range"),
        (b"limit=101", 422, "limit", "out_of_range"),
        (b"limit=-1", 422, "limit", "out_of_range"),
        (b"limit=ten", 422, "limit", "wrong_type"),
        (b"limit=", 422, "limit", "wrong_type"),
        (b"limit=1.5", 422, "limit", "wrong_type"),
        (b"limit=1e1", 422, "limit", "wrong_type"),
        (b"limit=1.0", 422, "limit", "wrong_type"),
        (b"limit=%2B5", 422, "limit", "wrong_type"),
        (b"limit=%D9%A1", 422, "limit", "wrong_type"),
        (b"in_stock=1", 422, "in_stock", "wrong_type"),
        (b"limit=99999999999999999999999", 422, "limit", "out_of_range"),
        (b"sort=sideways", 422, "sort", "invalid_choice"),
        (b"in_stock=perhaps", 422, "in_stock", "wrong_type"),
        (b"in_stock=null", 422, "in_stock", "wrong_type"),
        (b"limit=Null", 422, "limit", "wrong_type"),
        (b"colour=red", 422, "colour", "unknown_parameter"),
        (b"limit=1&limit=2", 422, "limit", "repeated"),
        (b"q=%FF", 400, "query", "invalid_utf8"),
        (b"&".join([b"q=1"] * 51), 400, "query", "too_many"),
    ],
)
def test_a_bad_query_is_refused_naming_parameter_and_rule(query: bytes, status: int, field: str, code: str) -> None:
    refusal = refusal_of_query(query)

    assert refusal.status == status
    assert [(error.field, error.code) for error in refusal.errors] == [(field, code)]


def test_every_unknown_parameter_is_named() -> None:
    assert {error.field for error in refusal_of_query(b"colour=red&size=m&limit=5").errors} == {"colour", "size"}


def test_what_a_parameter_must_be_is_told() -> None:
    assert refusal_of_query(b"limit=ten").errors[0].message == "must be a whole number"
    assert refusal_of_query(b"in_stock=perhaps").errors[0].message == "must be true or false"


def test_the_choices_are_told() -> None:
    assert refusal_of_query(b"sort=sideways").errors[0].message == "must be one of up, down"


def test_what_was_sent_is_not_said_back() -> None:
    """A value may be a secret that was pasted into the wrong field; a name is cut short."""
    assert "hunter2" not in str(refusal_of_query(b"sort=hunter2"))
    assert "hunter2" not in str(refusal_of_body(b'{"lines":"hunter2"}'))
    assert len(refusal_of_query(b"x" * 5000 + b"=1").errors[0].field) < 100
