"""Exports far larger than what is held of them."""

import io
import tracemalloc
from collections.abc import Iterator
from itertools import chain

import pytest
from tests.unit.operations.exports import file_of

from shopcore.adapters.files.sanitizer import Nh3Sanitizer
from shopcore.adapters.files.shopify_csv import ShopifyCsv
from shopcore.adapters.files.shopify_products import MAX_ROWS
from shopcore.catalog.model import MAX_VARIANTS

pytestmark = pytest.mark.anyio

ROWS = 100_000
MEGABYTE = 1024 * 1024
HEADER = b"Handle,Title,Body (HTML),Published,Option1 Name,Option1 Value,Variant Price\n"
BODY = b"<p>" + b"A sentence about a product that nobody will ever read. " * 20 + b"</p>"


class Generated(io.RawIOBase):
    """A file whose lines are made when they are read."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        super().__init__()
        self._lines = lines
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self._rest = self._rest or next(self._lines, b"")
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size


def many_products() -> Iterator[bytes]:
    """Four rows each; every product has a body of a kilobyte."""
    for number in range(ROWS // 4):
        yield b"product-%d,Product %d,%b,true,Size,S,9.99\n" % (number, number, BODY)
        yield b"".join(b"product-%d,,,,,%b,9.99\n" % (number, size) for size in (b"M", b"L", b"XL"))


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_a_hundred_thousand_rows_are_never_held_together() -> None:
    """27 MB of text; what grows with the file are the handles and the SKUs that may not come twice.

    The second half is measured, because measuring makes everything four times slower.
    """
    file = ShopifyCsv(lambda: io.BufferedReader(Generated(chain([HEADER], many_products()))), Nh3Sanitizer())
    count = await file.count()
    seen = variants = 0
    try:
        async for batch in file.read("USD", 50):
            seen += sum(rows.rows for rows in batch)
            variants += sum(len(rows.product.variants) for rows in batch if rows.product)
            if seen >= ROWS // 2 and not tracemalloc.is_tracing():
                tracemalloc.start()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert (count, seen, variants) == (ROWS, ROWS, ROWS)
    assert peak < 16 * MEGABYTE


async def test_a_product_without_end_is_cut() -> None:
    """Its variants up to the limit are taken, every row past it is refused."""
    rows = MAX_ROWS + 10
    lines = (b"shirt,%b,,true,Size,%d,1\n" % (b"" if number else b"Shirt", number) for number in range(rows))
    content = HEADER + b"".join(lines)
    found = [each async for batch in file_of(content).read("USD", 50) for each in batch]
    product = found[0].product

    assert product is not None
    assert len(product.variants) == MAX_VARIANTS
    assert sum(each.rows for each in found) == rows
    assert sum(len(each.refused) for each in found) == rows - MAX_VARIANTS
