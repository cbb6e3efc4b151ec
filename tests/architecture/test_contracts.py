"""A contract that has never been broken may be one that cannot be: each is broken here, and must notice."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from importlinter.api import read_configuration
from importlinter.application import use_cases as linter
from importlinter.application.user_options import UserOptions

ROOT = Path(__file__).parents[2]
_moments = count(2_000_000_000)

HTTP_OUTSIDE = "HTTP is outside the core"
HOUSE = "Testing, shop, container, adapters, processes, features, kernel"
FEATURE = "Inside every feature and process: use cases, steps, ports, model, events, errors"
HTTP_INSIDE = "Inside HTTP: commands, app, routes, edge, errors"
USE_CASES = "A use case never calls a use case"
ADAPTERS = "Adapters do not know each other"
HEXAGON = "No driver, framework, log or thread inside the hexagon"
DRIVERS = "What adapters are made of stays in adapters"
INJECTOR = "dependency-injector has one home"
CHOICE = "Only the container chooses adapters"
CONTAINER = "Only the shop sees the container"
HTTP_WORDS = "HTTP speaks to the shop, in the words of models and errors"
SERVER = "The routes know no command line and no server"
CYCLES = "No cycles anywhere"


@dataclass(frozen=True)
class Violation:
    """Lines to add to files of the tree, and the contract that is there to notice."""

    sin: str
    contract: str
    files: dict[str, str]


def one(sin: str, contract: str, file: str, line: str) -> Violation:
    return Violation(sin, contract, {file: line})


VIOLATIONS = [
    one("a feature imports its sibling", HOUSE, "shopcore/cart/model.py", "import shopcore.pricing.model"),
    one("a process imports a process", HOUSE, "shopcore/checkout/planted.py", "import shopcore.notifications"),
    one("a feature imports a process", HOUSE, "shopcore/ordering/model.py", "import shopcore.checkout"),
    one("the kernel imports a feature", HOUSE, "shopcore/kernel/money.py", "import shopcore.cart.errors"),
    one("an adapter reads the settings", HOUSE, "shopcore/adapters/sqlite/planted.py", "import shopcore.settings"),
    one("an adapter knows the shop", HOUSE, "shopcore/adapters/sqlite/planted.py", "import shopcore.shop"),
    one("a module without a rank", HOUSE, "shopcore/helpers.py", "A = 1"),
    one(
        "an import hidden under TYPE_CHECKING",
        HOUSE,
        "shopcore/cart/model.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import shopcore.pricing.model",
    ),
    one(
        "an import hidden in a function",
        HOUSE,
        "shopcore/cart/model.py",
        "def planted() -> None:\n    import shopcore.pricing.model",
    ),
    one("a module without a rank in a feature", FEATURE, "shopcore/ordering/utils.py", "A = 1"),
    one("a model imports its ports", FEATURE, "shopcore/ordering/model.py", "import shopcore.ordering.ports"),
    one("a port imports a use case", FEATURE, "shopcore/cart/ports.py", "import shopcore.cart.use_cases"),
    one("errors import the model", FEATURE, "shopcore/catalog/errors.py", "import shopcore.catalog.model"),
    Violation(
        "a use case calls its neighbour",
        USE_CASES,
        {
            "shopcore/cart/use_cases/planted.py": "import shopcore.cart.use_cases.planted_too",
            "shopcore/cart/use_cases/planted_too.py": "",
        },
    ),
    Violation(
        "a process's use case calls a feature's",
        USE_CASES,
        {
            "shopcore/checkout/use_cases/planted.py": "import shopcore.cart.use_cases.planted",
            "shopcore/cart/use_cases/planted.py": "",
        },
    ),
    one(
        "an adapter imports an adapter",
        ADAPTERS,
        "shopcore/adapters/sqlite/planted.py",
        "import shopcore.adapters.local",
    ),
    one("a driver in a model", HEXAGON, "shopcore/ordering/model.py", "import sqlite3"),
    one("a log in the core", HEXAGON, "shopcore/checkout/use_cases/planted.py", "import logging"),
    one("a log in the kernel", HEXAGON, "shopcore/kernel/events.py", "import structlog"),
    one("a web framework in a use case", HEXAGON, "shopcore/cart/use_cases/planted.py", "from litestar import get"),
    one("encryption in the kernel", HEXAGON, "shopcore/kernel/sealing.py", "import cryptography.fernet"),
    one("a thread in a process", HEXAGON, "shopcore/operations/use_cases/planted.py", "import threading"),
    one("chance in a model", HEXAGON, "shopcore/cart/model.py", "import random"),
    one("a driver in the shop", DRIVERS, "shopcore/shop.py", "import sqlite3"),
    one("encryption in HTTP", DRIVERS, "shop_http/auth.py", "import cryptography.fernet"),
    one("a driver in the simulation", DRIVERS, "shopcore/testing/planted.py", "import sqlite3"),
    one("a route resolves providers", INJECTOR, "shop_http/routes/planted.py", "import dependency_injector.providers"),
    one("a use case resolves providers", INJECTOR, "shopcore/cart/use_cases/planted.py", "import dependency_injector"),
    one(
        "a use case chooses its adapter",
        CHOICE,
        "shopcore/cart/use_cases/planted.py",
        "import shopcore.adapters.sqlite",
    ),
    one("a route chooses an adapter", CHOICE, "shop_http/routes/planted.py", "import shopcore.adapters.sqlite"),
    one("the simulation chooses an adapter", CHOICE, "shopcore/testing/planted.py", "import shopcore.adapters.sqlite"),
    one("a route sees the container", CONTAINER, "shop_http/routes/planted.py", "import shopcore.container"),
    one("the app sees the container", CONTAINER, "shop_http/app.py", "import shopcore.container"),
    one("the simulation sees the container", CONTAINER, "shopcore/testing/planted.py", "import shopcore.container"),
    one("a route speaks to a port", HTTP_WORDS, "shop_http/routes/planted.py", "import shopcore.cart.ports"),
    Violation(
        "a route speaks to a use case",
        HTTP_WORDS,
        {
            "shop_http/routes/planted.py": "import shopcore.cart.use_cases.planted",
            "shopcore/cart/use_cases/planted.py": "",
        },
    ),
    one("a route reads the settings", HTTP_WORDS, "shop_http/routes/planted.py", "import shopcore.settings"),
    one("the server relies on test tools", HTTP_WORDS, "shop_http/app.py", "import shopcore.testing"),
    one("the core imports HTTP", HTTP_OUTSIDE, "shopcore/kernel/ids.py", "import shop_http"),
    one("the error map imports the app", HTTP_INSIDE, "shop_http/errors.py", "import shop_http.app"),
    one("a module without a rank in HTTP", HTTP_INSIDE, "shop_http/utils.py", "A = 1"),
    one("a route prints colours", SERVER, "shop_http/routes/planted.py", "import rich.console"),
    Violation(
        "two modules import each other",
        CYCLES,
        {
            "shopcore/adapters/sqlite/planted.py": "import shopcore.adapters.sqlite.planted_too",
            "shopcore/adapters/sqlite/planted_too.py": "import shopcore.adapters.sqlite.planted",
        },
    ),
]


@pytest.fixture(scope="module")
def contracts() -> UserOptions:
    """The contracts of pyproject.toml."""
    options = UserOptions(**read_configuration(str(ROOT / "pyproject.toml")))
    linter._register_contract_types(options)
    return options


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the source, where the linter will look for it."""
    folder = tmp_path_factory.mktemp("tree")
    with pytest.MonkeyPatch.context() as patched:
        for package in ("shopcore", "shop_http"):
            ignore = shutil.ignore_patterns("__pycache__", "*.csv", "*.js", "*.css")
            shutil.copytree(ROOT / "src" / package, folder / package, ignore=ignore)
            # The linter asks Python where a package is; an imported one would be found where it was imported from.
            patched.delitem(sys.modules, package, raising=False)
        patched.syspath_prepend(folder)
        yield folder


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the linter has read of files that are as they were: to read all of them takes longer than to judge."""
    return str(tmp_path_factory.mktemp("seen"))


def broken(contracts: UserOptions, seen: str) -> set[str]:
    report = linter.create_report(contracts, cache_dir=seen)
    assert not report.invalid_contract_options
    return {contract.name for contract, check in report.get_contracts_and_checks() if not check.kept}


@contextmanager
def planted(tree: Path, violation: Violation) -> Iterator[None]:
    """The tree with a violation, and without it again."""
    before: dict[Path, bytes | None] = {}
    try:
        for name, line in violation.files.items():
            file = tree / name
            file.parent.mkdir(parents=True, exist_ok=True)
            for touched in (file, file.parent / "__init__.py"):
                before.setdefault(touched, touched.read_bytes() if touched.exists() else None)
                with touched.open("a") as source:
                    source.write(f"\n{line}\n" if touched == file else "")
                _touch(touched)
        yield
    finally:
        for touched, content in before.items():
            if content is None:
                touched.unlink()
            else:
                touched.write_bytes(content)
                _touch(touched)


def _touch(file: Path) -> None:
    """The linter tells by a file's time whether it has read it, and two changes may be of one moment."""
    at = next(_moments)
    os.utime(file, (at, at))


@pytest.mark.usefixtures("tree")
def test_the_tree_as_it_is_keeps_every_contract(contracts: UserOptions, tmp_path: Path) -> None:
    """Read anew, whatever was planted before."""
    assert broken(contracts, str(tmp_path)) == set()


@pytest.mark.parametrize("violation", VIOLATIONS, ids=lambda violation: violation.sin.replace(" ", "-"))
def test_each_violation_breaks_the_contract_meant_for_it(
    violation: Violation, tree: Path, contracts: UserOptions, seen: str
) -> None:
    meant = [options for options in contracts.contracts_options if options["name"] == violation.contract]
    alone = UserOptions(session_options=contracts.session_options, contracts_options=meant)

    with planted(tree, violation):
        assert broken(alone, seen) == {violation.contract}


def test_every_contract_has_a_violation(contracts: UserOptions) -> None:
    """A contract nobody tried to break may be one that cannot be broken."""
    names = {str(options["name"]) for options in contracts.contracts_options}

    assert names == {violation.contract for violation in VIOLATIONS}


def test_no_contract_has_an_exception(contracts: UserOptions) -> None:
    """The first ignored import makes the second one easy."""
    exceptions = {"ignore_imports", "exhaustive_ignores", "skip_descendants"}

    assert not any(exceptions & options.keys() for options in contracts.contracts_options)
