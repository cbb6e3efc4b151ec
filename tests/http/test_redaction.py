"""What is withheld from every line of log, whoever wrote it."""

import json
import math
import re
import string
import uuid
from typing import Any

import jwt
import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.http.conftest import written_log
from tests.planted import caught

from shop_http.redaction import CARD, MAIL, PHONE, SECRET, WITHHELD, redacted, withhold
from shopcore.adapters.local.ids import LocalIds
from shopcore.kernel.errors import Unavailable
from shopcore.kernel.tracebacks import traceback_of

_LOCAL = st.text(
    st.characters(exclude_characters='@\uff20\ufe6b<>(),;:[]"\\%', exclude_categories=("Z", "C")), min_size=1
)
EMAILS = st.one_of(st.emails(), st.builds("{}@{}".format, _LOCAL, st.sampled_from(["example.com", "münchen.example"])))
AROUND = st.sampled_from(["", " ", "to: ", "<", '"', "'", "(", "\n", "é, ", "https://shop.test/?q=", "[e-mail] "])
BEHIND = st.sampled_from(["", " ", ">", '"', "'", ")", "\n", ", and", ".", "é"])
FEW = settings(max_examples=40)  # addresses are slow to make up; each run makes up others
PLAIN = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(st.characters()),
        st.binary(),
        st.uuids(),
        st.datetimes(),
        st.decimals(),
        st.builds(object),
        st.builds(ValueError, st.emails()),
    ),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=10,
)


def with_check_digit(digits: str) -> str:
    """Luhn's, written another way than in the shop."""
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits))]
    return digits + str(-sum(map(int, "".join(map(str, doubled)))) % 10)


@st.composite
def cards(draw: st.DrawFn) -> str:
    """Numbers of 16 digits, in one or in groups of four."""
    number = with_check_digit(draw(st.sampled_from("23456")) + draw(st.text(string.digits, min_size=14, max_size=14)))
    return draw(st.sampled_from(["", " ", "-"])).join(number[at : at + 4] for at in range(0, 16, 4))


TOKENS = st.one_of(
    st.builds(lambda: LocalIds().secret()).filter(lambda text: any(map(str.isdigit, text))),
    st.builds(lambda: f"shopkey_{LocalIds().secret()}"),
    st.builds(lambda sub: jwt.encode({"sub": sub}, "k" * 32, "HS256"), st.text()),
    st.builds("Bearer {}".format, st.text(string.ascii_letters + string.digits, min_size=16)),
)


@FEW
@given(EMAILS, AROUND, AROUND)
def test_an_address_is_found_wherever_it_stands(email: str, before: str, after: str) -> None:
    said = redacted(f"{before}{email}{after}")

    assert MAIL in said
    assert email not in said
    assert email.rpartition("@")[2] not in said


@FEW
@given(cards(), AROUND, BEHIND)
def test_a_card_is_found_wherever_it_stands(card: str, before: str, after: str) -> None:
    assert card not in redacted(f"{before}{card}{after}")


def test_a_card_is_found_behind_digits_that_are_none() -> None:
    assert redacted("4111 4242 4242 4242 4242") == f"4111 {CARD}"
    assert redacted("amex 3782 822463 10005") == f"amex {CARD}"


@FEW
@given(TOKENS, AROUND, AROUND)
def test_a_token_is_found_wherever_it_stands(token: str, before: str, after: str) -> None:
    said = redacted(f"{before}{token}{after}")

    assert SECRET in said
    assert token.removeprefix("Bearer ") not in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mongodb://shop:hunter2@db.test/shop", f"mongodb://{SECRET}@db.test/shop"),
        ("smtp://a:b:c@d@mail.test", f"smtp://{SECRET}@mail.test"),
        ("refused: password=hunter2&next=1", f"refused: password={SECRET}&next=1"),
        ("{'token': 'hunter2'}", f"{{'token': '{SECRET}'}}"),
        ("sk_live_abcdefghijkl and whsec_abcdefghijkl", f"{SECRET} and {SECRET}"),
        ("pi_3abc_secret_abcdefgh12", f"pi_3abc{SECRET}"),
        ("call +44 20 7946 0958.", f"call {PHONE}."),
        ("zerlina%40post.example", MAIL),
        ("zerlina\uff20post.example", MAIL),
    ],
)
def test_what_has_a_form_is_found_by_it(text: str, said: str) -> None:
    assert redacted(text) == said


@FEW
@given(st.lists(st.one_of(EMAILS, cards(), TOKENS, AROUND, st.text(st.characters()))).map("".join))
def test_doing_it_twice_changes_nothing(text: str) -> None:
    once = redacted(text)

    assert redacted(once) == once


@FEW
@given(st.dictionaries(st.text(st.characters()), PLAIN))
def test_whatever_is_logged_can_be_written(event: dict[str, Any]) -> None:
    json.dumps(withhold(None, "", event)).encode()


@given(st.lists(st.integers(0, 2**63 - 1).filter(lambda number: number < 10**12) | st.floats(allow_nan=False)))
def test_figures_are_left_as_they_are(figures: list[float]) -> None:
    assert withhold(None, "", {"figures": figures}) == {"figures": figures}


@given(st.uuids())
def test_ids_are_left_as_they_are(made: uuid.UUID) -> None:
    told = [str(made), f"order {made} is paid", made.hex, LocalIds().new(), f"01910000-{made}"]

    assert [redacted(text) for text in told] == told


@pytest.mark.parametrize(
    "text",
    [
        "order.not_cancellable",
        "/orders/{order_id}/payment",
        "2026-11-26T06:52:22.123456+00:00",
        "mongodb://127.0.0.1:27017,127.0.0.2:27018/shop",
        "the bearer token is missing",
        "10.0.0.0/8, 2001:db8::/32",
        "a" * 64,
        "0.4242424242424242",
        "4242 4242 4242 4241",
        '  File "/usr/lib/python3.13/asyncio/tasks.py", line 304, in __step_run_and_handle_result',
    ],
)
def test_codes_times_places_and_addresses_of_machines_are_left_as_they_are(text: str) -> None:
    assert redacted(text) == text


@pytest.mark.parametrize("key", ["password", "new_password", "Set-Cookie", "name", "X-Order-Token", "line1"])
def test_what_has_no_form_is_found_by_what_it_is_called(key: str) -> None:
    assert withhold(None, "", {"who": {key: "hunter2"}}) == {"who": {key: WITHHELD}}


def test_an_object_is_called_by_its_type_alone() -> None:
    assert withhold(None, "", {"error": ValueError("Zerlina")}) == {"error": "<ValueError>"}


def test_a_number_in_a_figure_or_a_key_is_found() -> None:
    assert withhold(None, "", {"n": 4242424242424242, "a@b.test": 1}) == {"n": CARD, MAIL: 1}


def test_a_long_text_takes_no_longer_than_its_length() -> None:
    """Whatever it repeats: a log is written on the way of a request."""
    for part in ("a", "eyJ", "@", "a@", "4 ", "_secret_", "://", "+1 ", "-eyJ", "A1-", "token=", "x" * 63 + " "):
        redacted(part * (60_000 // len(part)))


def test_forms_that_are_looked_for_too_simply_are_noticed() -> None:
    """Addresses of plain letters, cards without spaces, and tokens of one kind: the same properties fail on them."""
    simply: list[tuple[str, st.SearchStrategy[str]]] = [
        (r"[a-z0-9.]+@[a-z0-9.-]+", EMAILS),
        (r"\d{16}", cards()),
        (r"shopkey_\w+", TOKENS),
    ]
    for pattern, planted in simply:

        def check(text: str, pattern: str = pattern) -> None:
            assert text not in re.sub(pattern, SECRET, text)

        caught(check, planted)


def test_a_traceback_has_the_places_and_kinds_of_all_that_led_to_it() -> None:
    secret = f"hunter{1 + 1}"  # the line is in the traceback

    def fail() -> None:
        try:
            int(secret)
        except ValueError as error:
            raise ExceptionGroup(secret, [Unavailable(secret), OSError(28, secret)]) from error

    with pytest.raises(ExceptionGroup) as raised:
        fail()
    raised.value.add_note(secret)
    said = traceback_of(raised.value)

    kinds = ["ValueError", "OSError (ENOSPC)", "Unavailable (unavailable)", "ExceptionGroup"]
    assert [kind for kind in kinds if kind not in said] == []
    assert said.endswith("ExceptionGroup")
    assert "int(secret)" in said
    assert secret not in said


def test_exceptions_that_led_to_each_other_end() -> None:
    one, other = ValueError(), KeyError()
    one.__cause__, other.__cause__ = other, one

    assert traceback_of(one).count("Traceback") == 2


@pytest.mark.parametrize("form", ["json", "text"])
def test_what_is_written_is_written_without(form: str) -> None:
    """In either form, whatever else is configured."""
    with written_log(form) as written:
        structlog.get_logger("planted").info("asked by ada@example.com", name="Ada", half="\ud800", nan=math.nan)
    said = written.getvalue().decode()

    assert MAIL in said
    assert "ada@" not in said
    assert "Ada" not in said
