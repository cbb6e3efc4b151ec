"""Writes down how the collections are spread over shards: `python docs/sharding.py` writes the page anew."""

from collections.abc import Iterator
from pathlib import Path

from shopcore.adapters.mongo.schema.declaration import Collection
from shopcore.adapters.mongo.schema.migration import COLLECTIONS

PAGE = Path(__file__).parent / "reference" / "sharding.md"

HEAD = """# Sharding on MongoDB

One replica set sells a great deal; a shop that has outgrown its disk or its primary can be spread over a sharded
cluster. `STORE_URL` then names the `mongos` routers. Every collection is declared with its key, and every statement
of a purchase names it, so that it is asked of one shard: carts by their id, orders by their buyer, stock by its SKU,
payments and the journal by payment and order. The suite runs every route and contract under the server's profiler and
fails where a statement of a purchase names no key. It has no sharded cluster of its own: try yours with a copy (`shop
move`) before you rely on it.

Before a collection is spread, `shop migrate` must have made it. One that has documents needs the index of its key
first:

    db.orders.createIndex({ buyer: "hashed" })
    sh.shardCollection("shop.orders", { buyer: "hashed" })

This page is written by `python docs/sharding.py` from the declarations that the store goes by.

## Collections to spread
The lists, sweeps and reports in the last column name no key and are asked of every shard.
"""

WHOLE = """
## Collections that stay whole
They are small, or a name in them is unique over all of them, which a cluster can promise for its key alone. They stay
on the database's primary shard (do not give them to `sh.shardCollection`). The catalogue is among them: it is read
from each server's pages and from secondaries, and a million products fit one shard. So is the queue of jobs.
"""


def page() -> str:
    """The whole page."""
    whole = ", ".join(f"`{each.name}`" for each in COLLECTIONS if not is_spread(each))
    return "\n".join((HEAD, *_spread(), WHOLE, f"{whole}.", ""))


def is_spread(declared: Collection) -> bool:
    """Whether a collection has a key that is not the plain order of its ids."""
    return declared.shard_key != {"_id": 1}


def _spread() -> Iterator[str]:
    yield from ("| collection | key | asked of every shard |", "| --- | --- | --- |")
    for each in filter(is_spread, COLLECTIONS):
        key = ", ".join(
            f'{name}: "{kind}"' if isinstance(kind, str) else f"{name}: {kind}" for name, kind in each.shard_key.items()
        )
        lists = ["by id"] * each.is_paged_by_id + [", ".join(index.keys) for index in each.indexes if index.scattered]
        yield f"| `{each.name}` | `{{ {key} }}` | {'; '.join(lists)} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
