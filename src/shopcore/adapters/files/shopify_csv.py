"""Product exports of Shopify (help.shopify.com, "Using CSV files"), read as a stream."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Sequence
from itertools import groupby, islice
from pathlib import Path
from typing import BinaryIO

from shopcore.adapters.files.shopify_products import MAX_ROWS, ShopifyProducts
from shopcore.adapters.files.shopify_rows import rows_of
from shopcore.catalog.ports import Sanitizer
from shopcore.operations.errors import UnreadableFile
from shopcore.operations.model import ProductRows


class ShopifyCsv:
    """A product file as Shopify exports it. It is read on a thread, some products at a time, so the loop goes on."""

    def __init__(self, open_file: Callable[[], BinaryIO], sanitizer: Sanitizer) -> None:
        self._open_file = open_file
        self._sanitizer = sanitizer

    @classmethod
    def at(cls, path: Path, sanitizer: Sanitizer) -> "ShopifyCsv":
        """The file at that path; whether there is one shows when it is read."""
        return cls(lambda: path.open("rb"), sanitizer)

    async def count(self) -> int:
        """See the port."""
        return await asyncio.to_thread(self._count)

    async def read(self, currency: str, products: int) -> AsyncGenerator[Sequence[ProductRows], None]:
        """See the port."""
        batches = self._batches(currency, products)
        turn = threading.Lock()

        def step() -> Sequence[ProductRows] | None:
            with turn:
                return next(batches, None)

        try:
            while batch := await asyncio.to_thread(step):
                yield batch
        finally:
            # Whoever was cancelled above has left a thread behind that is still in the middle of a batch.
            with turn:
                batches.close()

    def _count(self) -> int:
        with self._opened() as stream:
            return sum(1 for _ in rows_of(stream))

    def _batches(self, currency: str, size: int) -> Generator[Sequence[ProductRows], None, None]:
        with self._opened() as stream:
            groups = _groups(stream, ShopifyProducts(currency, self._sanitizer))
            while batch := list(islice(groups, size)):
                yield batch

    @contextlib.contextmanager
    def _opened(self) -> Iterator[BinaryIO]:
        try:
            with self._open_file() as stream:
                yield stream
        except OSError as error:
            raise UnreadableFile("file", error.strerror or "cannot be opened") from error


def _groups(stream: BinaryIO, products: ShopifyProducts) -> Iterator[ProductRows]:
    for _, group in groupby(rows_of(stream), key=lambda row: row.handle):
        rows = iter(group)
        yield products.product_rows(list(islice(rows, MAX_ROWS)))
        for row in rows:
            row.refuse("Handle", f"a product has at most {MAX_ROWS:,} rows")
            yield ProductRows(rows=1, refused=tuple(row.refusals))
