"""The contract of `shopcore.notifications.ports.Templates`."""

from collections.abc import Sequence
from datetime import UTC, datetime
from html.parser import HTMLParser
from itertools import cycle
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shopcore.kernel.ids import Sku
from shopcore.notifications.model import Draft, Form, Message, compose, sample_drafts
from shopcore.notifications.ports import Templates
from shopcore.ordering.model import OrderLine

replace = msgspec.structs.replace

DRAFTS = sample_drafts("USD", "https://shop.example.org")
ORDER = DRAFTS[0]
ORDERS = [draft for draft in DRAFTS if draft.form is Form.ORDER]
OTHERS = [draft for draft in DRAFTS if draft.form is not Form.ORDER]
_AT = datetime(2026, 1, 1, tzinfo=UTC)
_ODD = "<>&\"'`/=;{}%#\\\r\n\0\x0b\x85\u2028\u202e\u200b a"
_WORST = "x</td><b>bold</b>\r\nBcc: everybody@example.org\r\n\r\nx"  # whatever the dice say
HOSTILE = (
    st.sampled_from(
        [
            "<script>alert(1)</script>",
            "</td></tr></table><img src=x onerror=alert(1)>",
            "</mj-text><mj-raw><b>bold</b></mj-raw>",
            "{{ 7 * 7 }}{% for a in b %}",
            "&lt;b&gt;&amp;#0;",
            "]]><!-- --><![CDATA[",
            "a\r\nBcc: everybody@example.org\r\n\r\n<b>",
            "https://evil.example/?a=b",
            "\u0378\ue000\ufffe\u200d",  # of no meaning, private, of no character at all, a joiner
        ]
    )
    | st.text(st.sampled_from(_ODD), max_size=20)
    | st.text(max_size=20)
)


class TemplatesContract:
    """Override `templates`."""

    @pytest.fixture
    def templates(self) -> Templates:
        pytest.fail("override this fixture with the port under test")

    @pytest.mark.parametrize("draft", DRAFTS, ids=lambda draft: draft.kind)
    def test_every_kind_can_be_written(self, templates: Templates, draft: Draft) -> None:
        """To whom it is meant, with a subject, and with what it is about in both parts."""
        message = templates.write(draft)
        told = [draft.facts["number"]] if "number" in draft.facts else []
        link = draft.facts.get("link")

        assert (message.key, message.to) == (draft.key, draft.to)
        assert message.subject
        assert message.text.strip()
        assert elements(message)
        assert all(each in message.text and each in shown(message) for each in told)
        assert link is None or (f"\n{link}\n" in message.text and link in links(message))

    @pytest.mark.parametrize("kind", ORDERS, ids=lambda draft: draft.kind)
    def test_what_a_customer_has_chosen_stays_text(self, templates: Templates, kind: Draft) -> None:
        """Whatever numbers, titles, addresses, parcels and reasons are: the markup, lines and headers of plain."""
        plain = templates.write(order(*("x",) * 6, kind=kind))

        @given(texts=st.lists(HOSTILE, min_size=6, max_size=6))
        @example(texts=[_WORST] * 6)
        @settings(max_examples=25)
        def stays_text(texts: list[str]) -> None:
            odd = templates.write(order(*texts, kind=kind))

            assert elements(odd) == elements(plain)
            assert odd.text.count("\n") == plain.text.count("\n")
            assert odd.subject.isprintable()
            assert compose(odd, _AT).content.split(b"\r\n\r\n")[0].count(b"\nSubject:") == 1

        stays_text()

    @pytest.mark.parametrize("kind", OTHERS, ids=lambda draft: draft.kind)
    def test_whatever_else_is_told_stays_text(self, templates: Templates, kind: Draft) -> None:
        """Titles of products, names of passkeys, addresses of other accounts: whatever text is a fact of the mail."""
        plain = templates.write(retold(kind, ["x"]))

        @given(texts=st.lists(HOSTILE.map("x{}".format), min_size=1, max_size=4))
        @example(texts=[_WORST])
        @settings(max_examples=10)
        def stays_text(texts: list[str]) -> None:
            odd = templates.write(retold(kind, texts))

            assert elements(odd) == elements(plain)
            assert odd.text.count("\n") == plain.text.count("\n")
            assert odd.subject.isprintable()
            assert compose(odd, _AT).content.split(b"\r\n\r\n")[0].count(b"\nSubject:") == 1

        stays_text()

    def test_a_language_is_that_of_who_reads_it(self, templates: Templates) -> None:
        """Where the mail says one that is known, and else the shop's."""
        subjects = {
            locale: templates.write(replace(ORDER, locale=locale)).subject
            for locale in ("en", "de", "DE-at", "de-Latn-AT", "xx", None)
        }

        assert subjects["de"] == subjects["DE-at"] == subjects["de-Latn-AT"] != subjects["en"]
        assert subjects["xx"] == subjects[None]

    def test_what_a_customer_has_chosen_can_be_read(self, templates: Templates) -> None:
        """As it was written, with all its signs."""
        message = templates.write(order("4711", "Salt & <Pepper> 'n\" more", "S&P", "Jürgen", "Weg 1", "更好"))

        for each in ("Salt & <Pepper> 'n\" more", "S&P", "Jürgen", "更好"):
            assert each in message.text
            assert each in shown(message)


def order(number: str, title: str, sku: str, *destination: str, kind: Draft = ORDER) -> Draft:
    """A mail on an order with these texts in it."""
    line: OrderLine = ORDER.facts["lines"][0]
    chosen = replace(line, title=title, sku=Sku(sku))
    facts: dict[str, Any] = {
        **kind.facts,
        "number": number,
        "lines": (chosen,) if kind.facts["lines"] else (),
        "destination": list(destination) if kind.facts["destination"] else [],
        "details": [(name, destination[0]) for name, _ in kind.facts["details"]],
    }
    return replace(kind, facts=facts)


def retold(kind: Draft, texts: Sequence[str]) -> Draft:
    """The mail with these texts, in turn, in the place of every one that it tells; its link is the shop's own."""
    turns = cycle(texts)

    def told(value: Any) -> Any:
        match value:
            case str():
                return next(turns)
            case list() | tuple():
                return [told(each) for each in value]
            case _:
                return value

    return replace(kind, facts={name: value if name == "link" else told(value) for name, value in kind.facts.items()})


class _Reader(HTMLParser):
    """What a program that shows mail makes of it."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.links: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        self.links.extend(value or "" for name, value in attrs if name == "href")

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        self.elements.append(("comment", (str(len(data)),)))


def _read(message: Message) -> _Reader:
    reader = _Reader()
    reader.feed(message.html or "")
    reader.close()
    return reader


def elements(message: Message) -> list[tuple[str, tuple[str, ...]]]:
    """The elements of its HTML, each with the names of its attributes."""
    return _read(message).elements


def links(message: Message) -> list[str]:
    """Where it leads."""
    return _read(message).links


def shown(message: Message) -> str:
    """What is read of its HTML."""
    return "".join(_read(message).texts)
