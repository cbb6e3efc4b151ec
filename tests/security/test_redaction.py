"""Nobody's name, address or secret is in a log, a traceback, a figure, or what somebody else is told."""

import asyncio
import gc
import json
import logging
import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import httpx
import pytest
import structlog
from tests.http.conftest import written_log
from tests.security.matrix import ASKERS, Route, routes
from tests.security.planted_people import (
    EMAIL,
    EVERYTHING,
    NAME,
    PERSONAL,
    Broken,
    Heard,
    ask_both,
    lines_of,
    send_planted,
)
from tests.security.scene import Scene, scene_in

WHO = [asker for asker in ASKERS if asker.name in {"guest", "customer", "owner"}]


@dataclass
class Searched:
    """A shop whose every word is kept."""

    scene: Scene
    heard: Heard
    written: BytesIO

    async def ask_everywhere(self) -> None:
        """Every address, rightly and wrongly, as everybody."""
        for route in routes():
            for asker in WHO:
                await ask_both(self.scene, route, asker)

    def events(self) -> set[str]:
        """What was logged of."""
        return {json.loads(line)["event"] for line in lines_of(self.written.getvalue())}

    def leaks(self) -> list[str]:
        """All that should not have been written or told."""
        return [*self.heard.found_in(self.written.getvalue().decode()), *self.heard.told_to_others()]


def route_of(method: str, address: str) -> Route:
    """The one that is meant."""
    return next(route for route in routes() if (route.method, route.address) == (method, address))


@pytest.fixture
async def searched(tmp_path: Path) -> AsyncGenerator[Searched]:
    heard = Heard()
    with written_log() as written:
        async with scene_in(tmp_path) as scene:
            scene.client.event_hooks = {"response": [heard.note]}
            yield Searched(scene, heard, written)


@pytest.mark.anyio
async def test_what_people_send_is_nowhere_in_logs_figures_and_what_others_are_told(searched: Searched) -> None:
    await searched.ask_everywhere()
    await searched.scene.shop.work_off()
    figures = (await searched.scene.client.get("/metrics")).text

    assert "request" in searched.events()
    assert {200, 201, 204, 401, 404, 422} <= set(searched.heard.statuses)
    assert len(searched.heard.secrets) > 100
    assert searched.leaks() == []
    assert searched.heard.found_in(figures) == []


@pytest.mark.anyio
async def test_nor_is_it_when_whatever_is_asked_fails_and_quotes_all_of_it(searched: Searched) -> None:
    """The whole core is broken: every address that reaches it answers 500, and its traceback is logged."""
    askers = {asker.name: await asker.headers(searched.scene, routes()[0]) for asker in WHO}
    searched.scene.shop._cases = cast("Any", Broken())
    for route in routes():
        for headers in askers.values():
            await send_planted(searched.scene, route, headers)

    written = searched.written.getvalue().decode()
    assert searched.heard.statuses.count(500) > 150
    assert written.count("RuntimeError") >= 150
    assert written.count("KeyError") >= 150
    assert searched.leaks() == []


@pytest.mark.anyio
async def test_nor_is_it_in_what_a_failing_job_logs(searched: Searched) -> None:
    """Mail to somebody, where a file is in the place of the folder for it."""
    await asyncio.to_thread(_in_the_way_of, Path(searched.scene.shop.settings.mail_folder))
    await ask_both(searched.scene, route_of("POST", "/auth/register"), WHO[0])
    await searched.scene.shop.work_off()

    assert "job_failed" in searched.events()
    assert searched.leaks() == []


def _in_the_way_of(folder: Path) -> None:
    if folder.exists():
        folder.rename(folder.with_name("elsewhere"))
    folder.write_text("no folder")


def test_nor_is_it_in_what_libraries_and_lost_tasks_say() -> None:
    """Asyncio shows the task, and with it what its exception says."""
    with written_log() as written:
        logging.getLogger("a.library").warning("could not write to %s", EMAIL)
        asyncio.run(_lose_a_task())
    lines = [json.loads(line) for line in lines_of(written.getvalue())]

    assert [line["event"] for line in lines] == [
        "could not write to [e-mail]",
        "Task exception was never retrieved",
    ]
    assert "ValueError" in lines[1]["exception"]
    assert Heard().found_in(written.getvalue().decode()) == []


async def _lose_a_task() -> None:
    async def fail() -> None:
        raise ValueError(EVERYTHING)

    task = asyncio.create_task(fail())
    await asyncio.wait([task])
    del task
    gc.collect()


@pytest.mark.parametrize("form", ["json", "text"])
def test_a_crash_is_logged_by_its_place_and_kind(form: str) -> None:
    """What nobody has caught ends the process, and says what it broke on: Python would print that."""
    with written_log(form) as written:
        try:
            Broken().place_order(EVERYTHING)
        except RuntimeError as error:
            sys.excepthook(RuntimeError, error, error.__traceback__)
    said = written.getvalue().decode()

    assert all(part in said for part in ("crashed", "RuntimeError", "KeyError", "planted_people.py", "in __call__"))
    assert [each for each in PERSONAL if each in said] == []


@pytest.mark.parametrize("said", [EVERYTHING, {"who": [NAME]}, NAME.upper(), quote(EMAIL)])
@pytest.mark.anyio
async def test_a_line_that_says_too_much_is_noticed(searched: Searched, said: Any) -> None:
    """One that is written past the processors; and a name, which has no form, under a word that says nothing."""
    structlog.configure(
        processors=[structlog.processors.JSONRenderer(), lambda _, __, line: cast("Any", line).encode()]
    )
    structlog.get_logger("planted").info("asked", by=said)

    assert searched.leaks()


@pytest.mark.anyio
async def test_tracebacks_that_say_too_much_are_noticed(searched: Searched) -> None:
    """Those of the standard library, as they were logged once."""
    usual = structlog.get_config()["processors"]
    loud = [structlog.processors.format_exc_info, *usual]
    structlog.configure(processors=loud)
    try:
        Broken().place_order(EVERYTHING)
    except RuntimeError as error:
        structlog.get_logger("planted").error("unanticipated", exc_info=error)

    assert NAME in searched.leaks()


@pytest.mark.anyio
async def test_a_problem_that_quotes_somebody_else_is_noticed(searched: Searched) -> None:
    problem = httpx.Response(
        422,
        headers={"content-type": "application/problem+json"},
        text=f"it is {NAME} who has this",
        request=httpx.Request("GET", "http://shop.test/me"),
    )
    await searched.heard.note(problem)

    assert searched.leaks() == [NAME]
