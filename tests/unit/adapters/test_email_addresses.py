"""One mailbox, one normal form."""

import pytest
from email_validator import validate_email
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
        ("INFO@xn--strae-oqa.example", "info@stra\u00dfe.example"),
        ("STRASSE@post.example", "strasse@post.example"),
        ("Stra\u1e9ee@post.example", "stra\u00dfe@post.example"),
        ("ADA@\u0392\u038c\u039b\u039f\u03a3.example", "ada@\u03b2\u03cc\u03bb\u03bf\u03c3.example"),
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
    ("one", "other"),
    [
        ("user@stra\u00dfe.example", "user@strasse.example"),
        ("user@fa\u00df.example", "user@fass.example"),
        (
            "user@\u03b2\u03cc\u03bb\u03bf\u03c2.example",
            "user@\u03b2\u03cc\u03bb\u03bf\u03c3.example",
        ),  # two letters sigma
        ("gro\u00df@post.example", "gross@post.example"),
        ("\u03b2\u03cc\u03bb\u03bf\u03c2@post.example", "\u03b2\u03cc\u03bb\u03bf\u03c3@post.example"),
        ("\ufb01n@post.example", "fin@post.example"),  # a ligature
        ("a\u00b2@post.example", "a2@post.example"),
        ("\U0001d44eda@post.example", "ada@post.example"),  # a mathematical letter
        ("\u0130da@post.example", "ida@post.example"),  # the capital of Turkish, whose dot stays
    ],
)
def test_no_mail_goes_to_another_s_mailbox(one: str, other: str) -> None:
    """Two domains with two owners, or two mailboxes of one host, stay two; and what was typed is what is written to."""
    assert EMAILS.normal(one) != EMAILS.normal(other)
    assert ascii_domain(EMAILS.normal(one)) == ascii_domain(one)


def ascii_domain(email: str) -> str:
    """Where DNS is asked for its mail server."""
    return validate_email(email, check_deliverability=False).ascii_domain


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


@given(
    st.text(st.characters(codec="utf-8"), max_size=12),
    st.sampled_from(("example.com", "B\u00fccher.example", "Fa\u00df.example")),
)
def test_the_normal_form_is_its_own(local: str, domain: str) -> None:
    """Whatever was written."""
    try:
        normal = EMAILS.normal(f"{local}@{domain}")
    except InvalidInput:
        return

    assert EMAILS.normal(normal) == normal
    assert ascii_domain(normal) == ascii_domain(f"ada@{domain}")
