"""Mails from templates: Jinja2 in a sandbox, over MJML for the HTML part."""

import tomllib
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined, Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup
from mjml import mjml2html

from shopcore.notifications.errors import TemplateBroken
from shopcore.notifications.model import Draft, Message

OWN = Path(__file__).with_name("mails")
DEFAULT = "en"
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})  # no letters: controls, private ones, ends of lines
_JOINERS = frozenset("\u200c\u200d")  # format characters that Persian, Hindi and emoji are written with

Words = Mapping[str, Mapping[str, str]]


class JinjaTemplates:
    """The shop's templates and words. A file of the same name in `folder` takes the place of one of them.

    Of words it needs only what it says otherwise. A mail is written in the language of who reads it; what that lacks,
    its shorter form says (`de` for `de-AT`), then the shop's language, then English.
    """

    def __init__(self, sender: str, language: str = DEFAULT, folder: Path | None = None) -> None:
        if folder is not None and not folder.is_dir():
            raise TemplateBroken("MAIL_TEMPLATES is no folder")
        self._sender = sender
        self._language = language
        self._languages = _languages(folder)
        place = None if folder is None else folder.absolute()
        there = frozenset[str]() if place is None else frozenset(file.name for file in place.iterdir())
        self._html, self._text = (_environment(place, there, is_html=each) for each in (True, False))

    def write(self, draft: Draft) -> Message:
        """See the port."""
        try:
            return self._write(draft)
        except TemplateError as error:
            where = getattr(error, "name", None) or draft.kind
            raise TemplateBroken(f"{where}, {type(error).__name__}") from error
        except ValueError as error:
            raise TemplateBroken(f"{draft.kind} is no MJML") from error
        except Exception as error:  # a merchant's own template may divide by nothing, or hold itself
            raise TemplateBroken(f"{draft.kind}, {type(error).__name__}") from error

    def _write(self, draft: Draft) -> Message:
        said = _plain(self._word(self._text, draft, "subject"))
        subject = "".join(filter(str.isprintable, said))  # a header takes no joiners
        text = self._render(self._text, draft, "txt", subject)
        html = mjml2html(self._render(self._html, draft, "mjml", subject), disable_comments=True)
        return Message(
            key=draft.key, to=draft.to, sender=self._sender, subject=subject, text=text, html=html, leave=draft.leave
        )

    def _render(self, environment: ImmutableSandboxedEnvironment, draft: Draft, form: str, subject: str) -> str:
        word: Callable[..., str] = partial(self._word, environment, draft)
        surroundings = {
            "word": word,
            "subject": subject,
            "shop": _name(self._sender),
            "leave": draft.leave,
            "language": self._language if draft.locale is None or not self._known(draft.locale) else draft.locale,
        }
        template = environment.select_template([f"{draft.kind}.{form}", f"{draft.form.value}.{form}"])
        return template.render({**draft.facts, **surroundings})

    def _word(
        self, environment: ImmutableSandboxedEnvironment, draft: Draft, name: str, kind: str | None = None
    ) -> str:
        """What the language says for that; empty where no language says anything. It may use the facts."""
        said = self._said(draft.locale, kind or draft.kind, name)
        rendered = _compiled(environment, said).render(draft.facts)
        return Markup(rendered) if environment.autoescape else rendered  # noqa: S704 - its facts were escaped in there

    def _said(self, locale: str | None, kind: str, name: str) -> str:
        for language in (*self._known(locale or ""), *self._known(self._language), DEFAULT):
            if (said := self._languages[language].get(kind, {}).get(name)) is not None:
                return said
        return ""

    def _known(self, language: str) -> Sequence[str]:
        """It and what is before each of its hyphens, the longest first, as far as there are words in it."""
        parts = language.lower().split("-")
        forms = ("-".join(parts[:count]) for count in range(len(parts), 0, -1))
        return [form for form in forms if form in self._languages]


@cache
def _environment(folder: Path | None, _there: frozenset[str], *, is_html: bool) -> ImmutableSandboxedEnvironment:
    """One for a process and what files there are, since compiling is most of what a mail costs. A template whose file
    changes is read anew.
    """
    return ImmutableSandboxedEnvironment(
        loader=ChoiceLoader([FileSystemLoader(each) for each in (folder, OWN) if each is not None]),
        undefined=StrictUndefined,
        trim_blocks=True,
        finalize=_plain,
        autoescape=is_html,
        keep_trailing_newline=not is_html,
    )


@lru_cache(maxsize=2_000)
def _compiled(environment: ImmutableSandboxedEnvironment, said: str) -> Template:
    return environment.from_string(said)


def _languages(folder: Path | None) -> Mapping[str, Words]:
    """What each language says, a merchant's own over the shop's."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for file in (file for place in (OWN, folder) if place is not None for file in sorted(place.glob("*.toml"))):
        for kind, words in _read(file).items():
            found.setdefault(file.stem.lower(), {}).setdefault(kind, {}).update(words)
    return found


def _read(file: Path) -> dict[str, dict[str, str]]:
    try:
        return _parsed(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TemplateBroken(f"{file.name} is no TOML in UTF-8") from error


@lru_cache(maxsize=100)
def _parsed(text: str) -> dict[str, dict[str, str]]:
    return tomllib.loads(text)


def _plain(value: Any) -> Any:
    """A fact, as it may stand in one line: without what nobody sees, ends a line, or turns the direction of reading."""
    if not isinstance(value, str):
        return _plain(str(value)) if value is not None else ""
    if isinstance(value, Markup):
        return value
    spaced = "".join(" " if letter.isspace() else letter for letter in value)
    seen = (each for each in spaced if each in _JOINERS or unicodedata.category(each) not in _UNSEEN)
    return " ".join("".join(seen).split())


def _name(sender: str) -> str:
    """What stands before the address, or the address where nothing does."""
    name = sender.partition("<")[0].strip().strip('"')
    return name or sender.strip("<>")
