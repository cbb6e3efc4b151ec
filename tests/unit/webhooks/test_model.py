"""How webhooks are signed, spread over two days, and refused."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopcore.kernel.errors import InvalidInput
from shopcore.ordering.model import Order
from shopcore.testing.strategies.ordering import orders
from shopcore.webhooks.model import EVENT_TYPES, Answer, Delivery, DeliveryState, Endpoint, Secret, type_of
from shopcore.webhooks.model.deliveries import PAUSES, anew, tried
from shopcore.webhooks.model.endpoints import headers_of, require_valid, rotated, secret_of, signature, wants

pytestmark = pytest.mark.core

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
VECTOR = (
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "msg_p5jXN8AQM9LWM0D4loKWxJek",
    1614265330,
    b'{"test": 2432232314}',
)
"""What the libraries of Standard Webhooks are tested with."""

answers = st.builds(
    Answer,
    status=st.none() | st.integers(100, 599),
    retry_after=st.none() | st.floats(0, 1e12),
)


def new() -> Delivery:
    return Delivery(endpoint_id="e", event_id="evt_o_1", place="p", type="order.paid", created_at=NOW)


def test_it_is_signed_as_the_standard_has_it() -> None:
    assert signature(*VECTOR) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(st.text(min_size=22), st.binary())
def test_a_receiver_that_goes_by_the_standard_accepts_it(token: str, body: bytes) -> None:
    """Also while two secrets sign."""
    endpoint = Endpoint(id="e", url="", created_at=NOW, secrets=(Secret(key=secret_of("an older one")),))
    both = rotated(endpoint, secret_of(token), NOW)
    headers = headers_of(both, "evt_1", NOW, body)

    for secret in both.secrets:
        key = base64.b64decode(secret.key.removeprefix("whsec_"))
        message = f"evt_1.{headers['webhook-timestamp']}.".encode() + body
        wanted = base64.b64encode(hmac.digest(key, message, hashlib.sha256)).decode()
        assert len(key) == 32
        assert f"v1,{wanted}" in headers["webhook-signature"].split(" ")


@given(st.lists(answers, min_size=1, max_size=20))
def test_a_delivery_ends_after_as_many_tries_as_there_are_pauses(answered: list[Answer]) -> None:
    """Whatever is answered; each try is later than the one before, and by no more than a day or so."""
    delivery, now = new(), NOW
    for answer in answered:
        before = delivery
        delivery = tried(delivery, answer, now)
        if delivery.state is not DeliveryState.WAITING:
            break
        assert delivery.next_at is not None
        assert now + PAUSES[before.tries] <= delivery.next_at <= now + 1.1 * timedelta(days=1)
        assert delivery.turn != before.turn
        now = delivery.next_at

    assert delivery.tries <= len(PAUSES) + 1
    assert (delivery.state is DeliveryState.DELIVERED) == delivery_was_taken(delivery)


def delivery_was_taken(delivery: Delivery) -> bool:
    status = delivery.log[-1].status
    return status is not None and status // 100 == 2


def test_tries_are_spread_over_two_days() -> None:
    assert timedelta(days=2) <= sum(PAUSES, timedelta()) <= timedelta(days=2, minutes=1)


def test_an_act_sends_nothing_twice() -> None:
    once = anew(new(), "replay 1")

    assert anew(once, "replay 1") == once
    assert anew(once, "replay 2").turn == "3.0"


@given(orders())
def test_there_is_a_type_for_every_step_of_an_order(order: Order) -> None:
    assert {type_of(entry.event) for entry in order.timeline} <= set(EVENT_TYPES)


def test_who_is_off_wants_nothing() -> None:
    endpoint = Endpoint(id="e", url="", created_at=NOW, secrets=(), events=("order.paid",))

    assert [wants(endpoint, event) for event in ("order.paid", "order.placed")] == [True, False]
    assert not wants(Endpoint(id="e", url="", created_at=NOW, secrets=(), is_on=False), "order.paid")


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "ftp://example.org/",
        "https://",
        "https:///path",
        "https://user@example.org/",
        "https://user:secret@example.org/",
        "https://example.org/#part",
        "https://example.org:0/",
        "https://example.org:99999/",
        "https://exam ple.org/",
        "https://example.org/\r\nx: y",
        "https://éxample.org/",
        "https://[::1/",
        "https://example.org/" + 2000 * "a",
        "",
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        require_valid(url, (), "", may_be_plain=False)

    assert [error.field for error in refused.value.errors] == ["url"]


def test_each_bad_field_is_named() -> None:
    with pytest.raises(InvalidInput) as refused:
        require_valid("x", ("order.paid", "order.eaten"), "a\x00b", may_be_plain=True)

    assert [error.field for error in refused.value.errors] == ["url", "events/1", "description"]
