"""What the collections are spread by."""

import runpy
from pathlib import Path

from shopcore.adapters.mongo.schema.migration import COLLECTIONS

ROOT = Path(__file__).parents[2]


def test_the_page_says_what_is_declared() -> None:
    """`python docs/sharding.py` writes it anew."""
    written = runpy.run_path(str(ROOT / "docs/sharding.py"))["page"]()

    assert written == (ROOT / "docs/reference/sharding.md").read_text(encoding="utf-8")


def test_what_is_spread_can_be() -> None:
    """A cluster refuses a key that a unique index does not begin with
    (mongodb.com/docs/manual/core/sharding-shard-key).
    """
    clashes = [
        (declared.name, index.keys)
        for declared in COLLECTIONS
        if declared.shard_key != {"_id": 1}
        for index in declared.indexes
        if index.unique and list(index.keys[: len(declared.shard_key)]) != list(declared.shard_key)
    ]

    assert clashes == []


def test_what_a_purchase_writes_is_spread() -> None:
    """So that a shard more is more purchases."""
    bought = {
        "carts",
        "orders",
        "payments",
        "journal_entries",
        "stock_levels",
        "stock_movements",
        "reservations",
        "claims",
    }

    assert bought <= {declared.name for declared in COLLECTIONS if declared.shard_key != {"_id": 1}}
