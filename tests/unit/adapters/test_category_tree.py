"""The tree that is held for pages: read once a revision, and never kept under a later one than it was read at."""

import asyncio
from collections.abc import Sequence

import pytest

from shopcore.adapters.local.category_tree import HeldCategoryTree
from shopcore.catalog.model import Category
from shopcore.testing.contracts.samples import a_category

pytestmark = pytest.mark.anyio


class Catalogue:
    """A revision and a tree; the tree's answer waits until the gate is open."""

    def __init__(self) -> None:
        self.number = 1
        self.categories = [a_category("shoes")]
        self.read = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def current(self) -> int:
        return self.number

    async def everything(self) -> Sequence[Category]:
        self.read += 1
        found = tuple(self.categories)
        await self.gate.wait()
        return found

    def grow(self) -> None:
        self.categories.append(a_category(f"more-{self.number}"))
        self.number += 1


async def test_it_is_read_once_a_revision() -> None:
    catalogue = Catalogue()
    held = HeldCategoryTree(catalogue, catalogue)
    await held.everything()
    await held.everything()
    catalogue.grow()

    assert [len(await held.everything()), len(await held.everything())] == [2, 2]
    assert catalogue.read == 2


async def test_a_slow_read_does_not_bring_an_old_tree_back() -> None:
    catalogue = Catalogue()
    held = HeldCategoryTree(catalogue, catalogue)
    catalogue.gate.clear()
    slow = asyncio.create_task(held.everything())
    await asyncio.sleep(0)
    catalogue.grow()
    quick = asyncio.create_task(held.everything())
    await asyncio.sleep(0)
    catalogue.gate.set()

    assert [len(await quick), len(await slow)] == [2, 1]
    assert len(await held.everything()) == 2
