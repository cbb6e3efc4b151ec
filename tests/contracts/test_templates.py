"""Mails from templates, in each language, and from a merchant's own."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from shopcore.adapters.jinja import templates as jinja
from shopcore.adapters.jinja.templates import OWN, JinjaTemplates
from shopcore.notifications.errors import TemplateBroken
from shopcore.notifications.ports import Templates
from shopcore.testing.contracts.templates import DRAFTS, ORDER, OTHERS, TemplatesContract, elements, shown

SHOP = "A Shop, Inc. <shop@example.org>"


class TestEnglish(TemplatesContract):
    @pytest.fixture
    def templates(self) -> Templates:
        return JinjaTemplates(SHOP)


class TestGerman(TemplatesContract):
    @pytest.fixture
    def templates(self) -> Templates:
        return JinjaTemplates(SHOP, "de")


class Trusting(JinjaTemplates):
    """The mistake of templates that put facts into HTML as they come."""

    def __init__(self) -> None:
        super().__init__(SHOP)
        self._html = self._html.overlay(autoescape=False)


class Multiline(JinjaTemplates):
    """The mistake of letting a fact be several lines."""

    def __init__(self) -> None:
        super().__init__(SHOP)
        self._text = self._text.overlay(finalize=lambda value: value)


@pytest.mark.parametrize("planted", [Trusting, Multiline])
def test_templates_that_trust_customers_are_noticed(planted: Callable[[], JinjaTemplates]) -> None:
    """The contract sees both mistakes."""
    with pytest.raises((AssertionError, TemplateBroken, ExceptionGroup)):
        TemplatesContract().test_what_a_customer_has_chosen_stays_text(planted(), ORDER)


@pytest.mark.parametrize("planted", [Trusting, Multiline])
def test_so_are_those_that_trust_what_else_is_told(planted: Callable[[], JinjaTemplates]) -> None:
    """Of the titles in a cart."""
    (reminder,) = (draft for draft in OTHERS if draft.kind == "cart_reminder")
    with pytest.raises((AssertionError, TemplateBroken, ExceptionGroup)):
        TemplatesContract().test_whatever_else_is_told_stays_text(planted(), reminder)


def test_each_language_says_all_that_english_does() -> None:
    """Word for word, and none says more."""
    english, *others = [
        {(kind, name) for kind, words in jinja._read(file).items() for name in words}
        for file in (OWN / "en.toml", *(file for file in OWN.glob("*.toml") if file.name != "en.toml"))
    ]

    assert others
    assert all(other == english for other in others)
    assert {kind for kind, _ in english} == {"all", *(draft.kind for draft in DRAFTS)}


@pytest.mark.parametrize(
    ("language", "subject"),
    [("en", "Your order"), ("de", "Ihre Bestellung"), ("de-AT", "Ihre Bestellung"), ("fr", "Your order")],
)
def test_what_a_language_lacks_is_said_by_its_shorter_form_or_in_english(language: str, subject: str) -> None:
    message = JinjaTemplates(SHOP, language).write(ORDER)

    assert message.subject == f"{subject} {ORDER.facts['number']}"
    assert f'lang="{language}"' in (message.html or "")


def test_the_mail_is_right_in_the_dark() -> None:
    """It says so itself; else programs invert colours as they like."""
    html = JinjaTemplates(SHOP).write(ORDER).html or ""

    assert 'content="light dark"' in html
    assert "prefers-color-scheme: dark" in html


def test_a_file_of_the_same_name_takes_the_place_of_one(tmp_path: Path) -> None:
    """Words, one form of one kind, or the layout of all."""
    (tmp_path / "de.toml").write_text('[order_confirmation]\nsubject = "Danke, {{ number }}!"\n')
    (tmp_path / "verify.txt").write_text("Hier: {{ link }}\n")
    (tmp_path / "layout.mjml").write_text(
        "<mjml><mj-body><mj-section><mj-column><mj-text>Ours</mj-text>{% block content %}{% endblock %}"
        "</mj-column></mj-section></mj-body></mjml>"
    )
    written = {draft.kind: JinjaTemplates(SHOP, "de", tmp_path).write(draft) for draft in DRAFTS}

    assert written["order_confirmation"].subject == f"Danke, {ORDER.facts['number']}!"
    assert "Zwischensumme" in written["order_confirmation"].text
    assert written["verify"].text.startswith("Hier: https://shop.example.org/verify-email#token=")
    assert written["verify"].subject == "Bestätigen Sie Ihre E-Mail-Adresse"
    assert all("Ours" in shown(message) for message in written.values())


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("order_confirmation.txt", "{{ nothing_of_that_name }}"),
        ("order_confirmation.txt", "{% for %}"),
        ("order_confirmation.txt", "{{ ''.__class__.__mro__ }}"),
        ("order_confirmation.txt", "{{ lines.__class__.__base__.__subclasses__() }}"),
        ("order_confirmation.txt", "{{ number + 1 }}"),
        ("order_confirmation.txt", "{{ 1 / 0 }}"),
        ("order_confirmation.txt", "{% include 'order_confirmation.txt' %}"),
        ("order_confirmation.mjml", "no MJML"),
    ],
)
def test_a_broken_template_is_told_by_its_name(tmp_path: Path, name: str, content: str) -> None:
    """Also one that reaches for what is outside the sandbox. The mail waits until it is mended."""
    (tmp_path / name).write_text(content)

    with pytest.raises(TemplateBroken, match="order_confirmation") as broken:
        JinjaTemplates(SHOP, "en", tmp_path).write(ORDER)
    assert not broken.value.is_final


def test_what_is_changed_in_the_folder_is_used_from_then_on(tmp_path: Path) -> None:
    """By whoever opens it next: a template that comes in the place of the shop's, another one, other words, none."""
    told = [JinjaTemplates(SHOP, "en", tmp_path).write(ORDER).text]
    own = tmp_path / "order_confirmation.txt"
    for number, content in enumerate(("first", "second")):
        own.write_text(content)
        os.utime(own, (number, number))  # as it would be a moment later
        told.append(JinjaTemplates(SHOP, "en", tmp_path).write(ORDER).text)
    (tmp_path / "en.toml").write_text('[order_confirmation]\nsubject = "Other words"')
    subject = JinjaTemplates(SHOP, "en", tmp_path).write(ORDER).subject
    own.unlink()

    assert told[1:] == ["first", "second"]
    assert subject == "Other words"
    assert JinjaTemplates(SHOP).write(ORDER).text == told[0]


def test_words_that_cannot_be_read_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "en.toml").write_text("subject =")

    with pytest.raises(TemplateBroken, match=r"en\.toml"):
        JinjaTemplates(SHOP, "en", tmp_path)


def test_a_folder_that_is_not_there_is_told_at_once(tmp_path: Path) -> None:
    """Else the shop would write in words that the merchant thinks are replaced."""
    with pytest.raises(TemplateBroken, match="MAIL_TEMPLATES"):
        JinjaTemplates(SHOP, "en", tmp_path / "none")


def test_the_same_draft_is_the_same_mail() -> None:
    """So that one that is sent again is what was sent before."""
    one, other = (JinjaTemplates(SHOP).write(ORDER) for _ in range(2))

    assert one == other
    assert elements(one)
