"""The errors are closed: each is named once, belongs to one category, and HTTP has an answer for it."""

import ast
import importlib
import inspect
import pkgutil
import re
import textwrap
from collections import Counter
from collections.abc import Iterator

import pytest

import shopcore
from shopcore.kernel.errors import CATEGORIES, ShopError

# A class is known once its module was imported: closed means that there is none in a corner either.
for module in pkgutil.walk_packages(shopcore.__path__, "shopcore."):
    importlib.import_module(module.name)


def descendants(of: type[ShopError]) -> Iterator[type[ShopError]]:
    for child in of.__subclasses__():
        yield child
        yield from descendants(child)


# What a test, or another library's user, derives is not ours to judge.
OURS = {error for error in descendants(ShopError) if error.__module__.startswith("shopcore.")}
CONCRETE = sorted(OURS - set(CATEGORIES), key=lambda error: (error.__module__, error.__qualname__))


def name(error: type[ShopError]) -> str:
    return f"{error.__module__.removeprefix('shopcore.')}.{error.__qualname__}"


def test_the_categories_are_the_whole_first_level() -> None:
    """Whoever handles the categories has handled everything."""
    assert {error for error in ShopError.__subclasses__() if error in OURS} == set(CATEGORIES)


@pytest.mark.parametrize("error", CONCRETE, ids=name)
def test_an_error_belongs_to_exactly_one_category(error: type[ShopError]) -> None:
    assert sum(issubclass(error, category) for category in CATEGORIES) == 1


@pytest.mark.parametrize("error", CONCRETE, ids=name)
def test_an_error_states_its_code_itself(error: type[ShopError]) -> None:
    """A literal in the class: a code that is computed or inherited changes when something else does."""
    body = ast.parse(textwrap.dedent(inspect.getsource(error))).body[0]
    assert isinstance(body, ast.ClassDef)
    literals = [
        statement.value.value
        for statement in body.body
        if isinstance(statement, ast.Assign | ast.AnnAssign) and isinstance(statement.value, ast.Constant)
    ]

    assert error.__dict__.get("code") in literals
    assert re.fullmatch(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)?", error.code)


def test_no_two_errors_share_a_code() -> None:
    """Nor does an error take the name of a category, which stands for all that have no name of their own."""
    codes = Counter(error.code for error in [*CONCRETE, *CATEGORIES])

    assert [code for code, times in codes.items() if times > 1] == []


@pytest.mark.parametrize("error", CONCRETE, ids=name)
def test_an_error_lives_where_errors_live(error: type[ShopError]) -> None:
    """In its feature's `errors.py`; the kernel's stand beside the word that they are about."""
    assert error.__module__.endswith(".errors") or error.__module__.startswith("shopcore.kernel.")


def test_http_answers_every_category() -> None:
    """And nothing else: HTTP knows categories, never what is in them."""
    statuses = importlib.import_module("shop_http.errors").STATUS

    assert set(statuses) == set(CATEGORIES)
    assert all(400 <= status < 600 for status in statuses.values())
