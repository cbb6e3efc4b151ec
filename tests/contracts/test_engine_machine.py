"""Random units, good and bad, nested and not, many at once, against a dictionary: Hypothesis looks for a difference."""

import asyncio
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from tests.contracts.engine import Faulty, Notes, faulty

from shopcore.testing.contracts.samples import Refused

Model: TypeAlias = dict[str, bytes]
Step: TypeAlias = tuple[Any, ...]

keys = st.sampled_from("abcdef")
bodies = st.binary(max_size=3)
writes = st.one_of(
    st.tuples(st.just("put"), keys, bodies),
    st.tuples(st.just("remove"), keys),
    st.tuples(st.just("double"), keys),
    st.tuples(st.just("statement"), keys),
    st.tuples(st.just("refuse")),
)
steps = st.recursive(writes, lambda inner: st.tuples(st.just("unit"), st.lists(inner, max_size=3)), max_leaves=4)
units = st.lists(steps, min_size=1, max_size=5)


def expected(model: Model, unit: list[Step]) -> bool:
    """Apply the unit to the model; False when it is refused."""
    for name, *details in unit:
        match name, details:
            case "put", [key, body]:
                model[key] = body
            case "remove", [key]:
                model.pop(key, None)
            case "double", [key] if key in model:
                model[key] *= 2
            case "statement", [key] if key in model:
                return False  # a constraint refuses it
            case "refuse", _:
                return False
            case "unit", [inner]:
                if not expected(model, inner):
                    return False
            case _:
                pass  # nothing there to change
    return True


async def carry_out(notes: Notes, unit: list[Step]) -> None:
    """The same on the store."""
    database = notes.database
    for name, *details in unit:
        match name, details:
            case "put", [key, body]:
                await notes.put(key, body)
            case "remove", [key]:
                await database.write(lambda connection, key=key: connection.execute(_REMOVE, (key,)))  # type: ignore[misc]
            case "double", [key]:
                await _double(notes, key)
            case "statement", [key]:
                await database.write(lambda connection, key=key: connection.execute(_STRICTLY, (key,)))  # type: ignore[misc]
                await database.write(lambda connection, key=key: connection.execute(_REMOVE, (key,)))  # type: ignore[misc]
            case "unit", [inner]:
                await database.run(lambda inner=inner: carry_out(notes, inner))  # type: ignore[misc]
            case _:
                raise Refused


_REMOVE = "DELETE FROM notes WHERE key = ?"
_STRICTLY = "INSERT INTO notes (key, body) VALUES (?, x'')"
_BODY = "SELECT body FROM notes WHERE key = ?"


async def _double(notes: Notes, key: str) -> None:
    row = await notes.database.read(lambda connection: connection.execute(_BODY, (key,)).fetchone())
    if row is not None:
        await notes.put(key, row[0] * 2)


class Units(RuleBasedStateMachine):
    """Units are submitted in some order and run in that order, whatever they share."""

    plant: Callable[[Faulty], None] | None = None

    @initialize()
    def open(self) -> None:
        self.model: Model = {}
        self.folder = tempfile.TemporaryDirectory()
        self.runner = asyncio.Runner()
        self.opened = faulty(Path(self.folder.name) / "shop.db")
        self.notes, connection = self.runner.run(self.opened.__aenter__())
        if self.plant is not None:
            self.plant(connection)

    @rule(batch=st.lists(units, min_size=1, max_size=8), share=st.booleans(), leave=st.sets(st.integers(0, 7)))
    def run(self, batch: list[list[Step]], share: bool, leave: set[int]) -> None:
        """Some callers leave before their unit begins."""

        async def act() -> list[Any]:
            works = [lambda unit=unit: carry_out(self.notes, unit) for unit in batch]
            if share:
                return await self.notes.together(*works)
            tasks = [asyncio.ensure_future(self.notes.database.run(work)) for work in works]
            for place in leave & set(range(len(tasks))):
                tasks[place].cancel()
            return await asyncio.gather(*tasks, return_exceptions=True)

        answers = self.runner.run(act())
        for place, unit in enumerate(batch):
            if not share and place in leave:
                assert isinstance(answers[place], asyncio.CancelledError)
                continue
            trial = dict(self.model)
            is_kept = expected(trial, unit)
            assert is_kept == (answers[place] is None), answers[place]
            assert is_kept or isinstance(answers[place], Refused | sqlite3.IntegrityError)
            self.model = trial if is_kept else self.model

    @invariant()
    def same(self) -> None:
        """Also what a reader sees."""
        if hasattr(self, "notes"):
            query = "SELECT key, body FROM notes"
            looked = self.runner.run(self.notes.database.read(lambda connection: connection.execute(query).fetchall()))
            assert dict(looked) == self.model

    def teardown(self) -> None:
        if hasattr(self, "notes"):
            self.runner.run(self.opened.__aexit__(None, None, None))
            self.runner.close()
            self.folder.cleanup()


_SEARCH = settings(max_examples=25, stateful_step_count=6, deadline=None)


def test_units_are_whole_and_in_order() -> None:
    """The store holds what the dictionary holds, always."""
    run_state_machine_as_test(Units, settings=_SEARCH)


class Leaking(Units):
    """A bad unit is not undone."""

    @staticmethod
    def plant(connection: Faulty) -> None:
        connection.instead["ROLLBACK TO"] = lambda real: real.execute("SELECT 1")


class Losing(Units):
    """A good unit is undone."""

    @staticmethod
    def plant(connection: Faulty) -> None:
        def undo(real: sqlite3.Connection) -> sqlite3.Cursor:
            real.execute("ROLLBACK TO unit")
            return real.execute("RELEASE unit")

        connection.instead["RELEASE"] = undo


@pytest.mark.parametrize("planted", [Leaking, Losing])
def test_a_planted_mistake_is_found(planted: type[Units]) -> None:
    """The machine notices engines that do not keep units apart."""
    search = settings(_SEARCH, max_examples=200, phases=[Phase.generate], database=None)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(planted, settings=search)
