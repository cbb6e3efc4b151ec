"""What an order says of its money is a projection of the ledger: one module writes it, and nothing else."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import shopcore

pytestmark = pytest.mark.core

SOURCE = Path(shopcore.__file__).parent
WRITER = SOURCE / "ordering/model/paying.py"
_MAKERS = {"replace", "Order", "force_setattr"}


def writes(source: str) -> Iterator[int]:
    """Lines on which an order is given a payment status, named or as one of many names."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and _name(node.func) in _MAKERS:
            named = any(keyword.arg == "payment_status" for keyword in node.keywords)
            if named or any(isinstance(each, ast.Constant) and each.value == "payment_status" for each in node.args):
                yield node.lineno


def _name(called: ast.expr) -> str:
    return called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""


def test_one_module_writes_the_payment_status() -> None:
    found = {file for file in SOURCE.rglob("*.py") for _ in writes(file.read_text())}

    assert found == {WRITER}


@pytest.mark.parametrize(
    "planted",
    [
        "msgspec.structs.replace(order, payment_status=PaymentStatus.PAID)",
        "replace(order, version=2, payment_status=status)",
        "Order(id=order_id, payment_status=status)",
        "msgspec.structs.force_setattr(order, 'payment_status', status)",
    ],
)
def test_a_planted_write_is_seen(planted: str) -> None:
    assert list(writes(planted)) == [1]
