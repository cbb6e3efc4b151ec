"""What each act needs is written down once, and is what the act asks for; whoever reads the table knows the shop."""

import ast
import re
import runpy
from pathlib import Path

import pytest

import shopcore
from shop_http.openapi import OPERATION
from shop_http.routes.served import ROUTES
from shopcore.access.model import INTERNAL, NEEDS, PERMISSIONS

SOURCE = Path(shopcore.__file__).parent
USE_CASES = {
    f"{file.parts[-3]}.{file.stem}": file for file in sorted(SOURCE.glob("*/use_cases/*.py")) if file.stem != "__init__"
}
_PERMISSION = re.compile(r"[a-z_]+:[a-z_]+")
_OF_ONES_OWN = "OrderOfActor"
_ITS_DEFAULT = "orders:read"


def asked_by(source: str) -> set[str]:
    """The permissions that a use case asks for: by `permit`, or by a step that lets the owner of an order pass."""
    tree = ast.parse(source)
    asked = {
        argument.value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        for argument in call.args
        if isinstance(argument, ast.Constant)
        and isinstance(argument.value, str)
        and _PERMISSION.fullmatch(argument.value)
    }
    return asked or ({_ITS_DEFAULT} if _OF_ONES_OWN in source else set())


@pytest.mark.parametrize("name", USE_CASES)
def test_a_use_case_asks_for_what_the_table_says(name: str) -> None:
    """For that, for nothing else, and for nothing at all where it is not in the table."""
    needed = {NEEDS[name]} if name in NEEDS else set()

    assert asked_by(USE_CASES[name].read_text()) == needed


def test_the_table_names_use_cases_and_permissions_that_there_are() -> None:
    assert NEEDS.keys() <= USE_CASES.keys()
    assert set(NEEDS.values()) == {*PERMISSIONS, *INTERNAL}
    assert list(PERMISSIONS) == sorted(PERMISSIONS)
    assert list(NEEDS) == sorted(NEEDS)


def test_an_act_that_asks_for_something_else_is_noticed() -> None:
    planted = USE_CASES["catalog.create_product"].read_text().replace('"catalog:write"', '"catalog:read"')

    assert asked_by(planted) == {"catalog:read"}


def test_an_address_for_staff_says_which_permission_it_needs() -> None:
    """Every one under /admin, and no other."""
    for handler in ROUTES:
        operation = handler.opt.get(OPERATION)
        (path,) = handler.paths
        if path.startswith("/admin"):
            assert operation is not None
            assert operation.permission in PERMISSIONS
        else:
            assert operation is None or operation.permission is None


def test_the_reference_is_the_tables_that_there_are() -> None:
    """`python docs/permissions.py` writes it anew."""
    root = Path(__file__).parents[2]
    written = runpy.run_path(str(root / "docs/permissions.py"))["page"]()

    assert written == (root / "docs/reference/permissions.md").read_text(encoding="utf-8")


def test_each_permission_has_a_row_of_its_own() -> None:
    """The page is tables that a reader can read, not only what a program once wrote."""
    lines = (Path(__file__).parents[2] / "docs/reference/permissions.md").read_text(encoding="utf-8").splitlines()

    for name in (*PERMISSIONS, *INTERNAL):
        assert len([line for line in lines if line.startswith(f"| `{name}` |")]) == 1
