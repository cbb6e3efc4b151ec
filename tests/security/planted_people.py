"""Requests full of what nobody may read elsewhere, and the search for it in whatever a shop says of them."""

import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx
from tests.security.matrix import BODIES, QUERIES, THEIRS, Asker, Route, _made
from tests.security.scene import ABSENT, Headers, Scene

EMAIL, NAME, STREET, TOWN = "zerlina.quux@post.example", "Zerlina Quux", "Grue Lane 1", "Frobozzburg"
PHONE, PASSWORD, CARD = "+49 30 55512345", "xyzzy plugh plover", "4242 4242 4242 4242"
PERSONAL = (EMAIL, NAME, STREET, TOWN, PHONE, PASSWORD, CARD)
EVERYTHING = ", ".join(PERSONAL)
AS_WHAT: Mapping[str, str] = {
    "email": EMAIL,
    "name": NAME,
    "line1": STREET,
    "city": TOWN,
    "phone": PHONE,
    "password": PASSWORD,
    "new_password": PASSWORD,
    "current_password": PASSWORD,
}

_IN_HEADERS = ("authorization", "x-cart-token", "x-order-token", "cookie", "set-cookie", "x-csrf-token")
_IN_BODIES = re.compile(r"(.*_)?(token|secret|codes?|challenge)")
_SHORTEST = 12  # characters; what is shorter is no secret of the shop, but a kind of token or a country


@dataclass
class Heard:
    """What must not be read in a log, gathered from what was sent and answered."""

    secrets: set[str] = field(default_factory=set)
    problems: list[tuple[str, str]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    async def note(self, answer: httpx.Response) -> None:
        """A hook of the client."""
        await answer.aread()
        self.statuses.append(answer.status_code)
        sent = await answer.request.aread()
        self.secrets |= set(_secrets(answer.request.headers)) | set(_secrets(answer.headers))
        if answer.headers.get("content-type") == "application/problem+json":
            self.problems.append((f"{answer.request.url} {answer.request.headers} {sent.decode()}", answer.text))
        elif answer.headers.get("content-type") == "application/json":
            self.secrets |= {text for text in _told(answer.json()) if len(text) >= _SHORTEST}

    def found_in(self, text: str) -> list[str]:
        """Everything of it that a text has in it, in any case, as it is or escaped."""
        lower = text.lower()
        planted = (*PERSONAL, *self.secrets)
        return [each for each in planted if each.lower() in lower or quote(each).lower() in lower]

    def told_to_others(self) -> list[str]:
        """What problems say that was not in the very request."""
        return [each for asked, problem in self.problems for each in self.found_in(problem) if each not in asked]


def _secrets(headers: httpx.Headers) -> Iterator[str]:
    for name in _IN_HEADERS:
        for value in headers.get_list(name):
            yield from (part for part in re.split(r"[\s;=,]+", value) if len(part) >= _SHORTEST and "/" not in part)


def _told(body: Any, called: str = "") -> Iterator[str]:
    match body:
        case dict():
            for key, value in body.items():
                yield from _told(value, key)
        case list():
            for each in body:
                yield from _told(each, called)
        case str() if _IN_BODIES.fullmatch(called):
            yield body


def planted(body: Any) -> Any:
    """The same body, of the person that is looked for."""
    match body:
        case dict():
            return {key: AS_WHAT.get(key) or planted(value) for key, value in body.items()}
        case list():
            return [planted(each) for each in body]
        case _:
            return body


def spoiled(body: Any) -> Any:
    """The same body with everything in every field, where most of it is wrong."""
    match body:
        case dict():
            return {key: spoiled(value) for key, value in body.items()} | {EMAIL: EVERYTHING}
        case list():
            return [spoiled(each) for each in body]
        case _:
            return EVERYTHING


async def ask_both(scene: Scene, route: Route, asker: Asker) -> None:
    """Ask rightly, and wrongly in every part."""
    scene.forget_tries()
    headers = {**await asker.headers(scene, route)}
    headers.pop("x-id", None)
    names = {name: await _made(scene, route, name, asker, THEIRS, headers) for name in route.names}
    await send_planted(scene, route, headers, names)
    scene.forget_tries()
    wrong = dict.fromkeys(names, EVERYTHING)
    for path, token in ((wrong, {}), (names, {"Authorization": f"Bearer {PASSWORD}"})):
        await send(
            scene, route, path, {**headers, **token}, spoiled(example_of(route)), {"q": EVERYTHING, "cursor": EMAIL}
        )


async def send_planted(scene: Scene, route: Route, headers: Headers, names: Mapping[str, str] | None = None) -> None:
    """A request that is right, of the person that is looked for."""
    name = f"{route.method} {route.address}"
    given = names or dict.fromkeys(route.names, ABSENT)
    sent = {each: value for each, value in headers.items() if each != "x-id"}
    await send(scene, route, given, sent, planted(example_of(route)), QUERIES.get(name))


def example_of(route: Route) -> Any:
    """A body as the document shows it."""
    usual = None if route.operation is None else route.operation.example
    return BODIES.get(f"{route.method} {route.address}", usual)


async def send(
    scene: Scene,
    route: Route,
    names: Mapping[str, str],
    headers: Headers,
    body: Any,
    query: Mapping[str, str] | None,
) -> None:
    """One request; a failure is answered with 500, not raised."""
    await scene.client.request(
        route.method,
        route.address.format(**{name: quote(value, safe="") for name, value in names.items()}),
        params=query,
        headers={**headers, "Idempotency-Key": str(uuid.uuid4())},
        json=body if route.method != "GET" else None,
    )


class Broken:
    """A core that fails whatever it is asked, and quotes all of that."""

    def __getattr__(self, _name: str) -> "Broken":
        return self

    def __call__(self, *asked: Any, **named: Any) -> Any:
        """Fail, as a consequence of another failure."""
        quoted = f"cannot do {asked} {named}"
        try:
            return dict[str, str]()[quoted]
        except KeyError as error:
            raise RuntimeError(quoted, EVERYTHING) from error


def lines_of(written: bytes) -> Sequence[str]:
    """What was logged."""
    return written.decode().splitlines()
