"""One mailbox, one normal form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopcore.adapters.local.email_addresses import ValidatedEmailAddresses
from shopcore.kernel.errors import InvalidInput

EMAILS = ValidatedEmailAddresses()


@pytest.mark.parametrize(
    "text",
    [
        "Ada@Example.com",
        "ADA@EXAMPLE.COM",
        "\uff41da@example.com",  # a wide letter
        "ada@\uff25xample.com",
        "ada\uff20example.com",  # a wide @
        "\U0001d44eda@example.com",  # a mathematical letter
    ],
)
def test_one_mailbox_has_one_form(text: str) -> None:
    assert EMAILS.normal(text) == "ada@example.com"


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("Info@B\u00dcCHER.example", "info@b\u00fccher.example"),
        ("info@xn--bcher-kva.example", "info@b\u00fccher.example"),
        ("info@bu\u0308cher.example", "info@b\u00fccher.example"),
        ("STRASSE@post.example", "strasse@post.example"),
        ("Stra\u00dfe@post.example", "strasse@post.example"),
        ("o'neil+shop.x@post.example", "o'neil+shop.x@post.example"),
    ],
)
def test_other_scripts_and_marks_are_read(text: str, normal: str) -> None:
    assert EMAILS.normal(text) == normal


@pytest.mark.parametrize("lookalike", ["\u0430da@example.com", "ad\u03b1@example.com", "ada@ex\u0430mple.com"])
def test_letters_that_only_look_alike_are_another_mailbox(lookalike: str) -> None:
    """Cyrillic and Greek: a mail to one never reaches the other, so neither does an account."""
    assert EMAILS.normal(lookalike) != "ada@example.com"


@pytest.mark.parametrize(
    "text",
    [
        *("", "ada", "@example.com", "ada@", "ada@example", "a b@example.com", "ada@exa mple.com", "ada@@example.com"),
        *("ada@example.com, eve@example.com", "ada@example.com\nBcc: eve@example.com", "ada@[127.0.0.1]", "a" * 5_000),
        *("\x00ada@example.com", "ada@example.com\u0000", "ada\u202e@example.com", "<ada@example.com>"),
    ],
)
def test_what_is_no_address_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        EMAILS.normal(text, "to")

    assert [error.field for error in refusal.value.errors] == ["to"]


@given(st.text(st.characters(codec="utf-8"), max_size=12), st.sampled_from(("example.com", "B\u00fccher.example")))
def test_the_normal_form_is_its_own(local: str, domain: str) -> None:
    """Whatever was written."""
    try:
        normal = EMAILS.normal(f"{local}@{domain}")
    except InvalidInput:
        return

    assert EMAILS.normal(normal) == normal
