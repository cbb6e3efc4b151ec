"""Mails from templates: Jinja2 in a sandbox, over MJML for the HTML part."""

import tomllib
import unicodedata
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup
from mjml import mjml2html

from shopcore.notifications.errors import TemplateBroken
from shopcore.notifications.model import Draft, Message

OWN = Path(__file__).with_name("mails")
DEFAULT = "en"
_ANY = "notice"  # the template of every kind that has none of its own
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})  # no letters: controls, private ones, ends of lines
_JOINERS = frozenset("\u200c\u200d")  # format characters that Persian, Hindi and emoji are written with

Words = Mapping[str, Mapping[str, str]]


class JinjaTemplates:
    """The shop's templates and words. A file of the same name in `folder` takes the place of one of them.

    Of words it needs only what it says otherwise. What a language lacks, its shorter form says (`de` for `de-AT`), or
    English.
    """

    def __init__(self, sender: str, language: str = DEFAULT, folder: Path | None = None) -> None:
        if folder is not None and not folder.is_dir():
            raise TemplateBroken("MAIL_TEMPLATES is no folder")
        self._sender = sender
        self._language = language
        self._words = _words(language, folder)
        loader = ChoiceLoader([FileSystemLoader(each) for each in (folder, OWN) if each is not None])
        common = {"loader": loader, "undefined": StrictUndefined, "trim_blocks": True, "finalize": _plain}
        self._html = ImmutableSandboxedEnvironment(autoescape=True, **common)
        self._text = ImmutableSandboxedEnvironment(autoescape=False, keep_trailing_newline=True, **common)

    def write(self, draft: Draft) -> Message:
        """See the port."""
        try:
            return self._write(draft)
        except TemplateError as error:
            where = getattr(error, "name", None) or draft.kind
            raise TemplateBroken(f"{where}, {type(error).__name__}") from error
        except ValueError as error:
            raise TemplateBroken(f"{draft.kind} is no MJML") from error

    def _write(self, draft: Draft) -> Message:
        said = _plain(self._word(self._text, draft, "subject"))
        subject = "".join(filter(str.isprintable, said))  # a header takes no joiners
        text = self._render(self._text, draft, "txt", subject)
        html = mjml2html(self._render(self._html, draft, "mjml", subject), disable_comments=True)
        return Message(key=draft.key, to=draft.to, sender=self._sender, subject=subject, text=text, html=html)

    def _render(self, environment: ImmutableSandboxedEnvironment, draft: Draft, form: str, subject: str) -> str:
        word: Callable[..., str] = partial(self._word, environment, draft)
        surroundings = {
            "word": word,
            "subject": subject,
            "shop": _name(self._sender),
            "language": self._language,
        }
        template = environment.select_template([f"{draft.kind}.{form}", f"{_ANY}.{form}"])
        return template.render({**draft.facts, **surroundings})

    def _word(
        self, environment: ImmutableSandboxedEnvironment, draft: Draft, name: str, kind: str | None = None
    ) -> str:
        """What the language says for that; empty where no language says anything. It may use the facts."""
        said = self._words.get(kind or draft.kind, {}).get(name, "")
        rendered = environment.from_string(said).render(draft.facts)
        return Markup(rendered) if environment.autoescape else rendered  # noqa: S704 - its facts were escaped in there


def _words(language: str, folder: Path | None) -> Words:
    """From the language and what is before each of its hyphens, over English; a merchant's own over each."""
    parts = language.split("-")
    names = dict.fromkeys([DEFAULT, *("-".join(parts[:count]) for count in range(1, len(parts) + 1))])
    found: dict[str, dict[str, str]] = {}
    for name in names:
        for place in (OWN, folder):
            if place is not None and (file := place / f"{name}.toml").exists():
                for kind, words in _read(file).items():
                    found.setdefault(kind, {}).update(words)
    return found


def _read(file: Path) -> dict[str, dict[str, str]]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TemplateBroken(f"{file.name} is no TOML in UTF-8") from error


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
