"""Products from the bodies that SQLite keeps of them."""

from collections.abc import Callable, Iterable
from functools import lru_cache

import msgspec
import structlog

from shopcore.catalog.errors import ProductUnreadable
from shopcore.catalog.model import Product, mispriced
from shopcore.catalog.ports import leave_out
from shopcore.kernel.stores import StoreUnusable

_log = structlog.get_logger("shopcore")
_decode = msgspec.json.Decoder(Product).decode


def read_product(product_id: str, body: bytes) -> Product:
    """The product again. Raises `ProductUnreadable`, naming it, where somebody made something else of the body."""
    try:
        product = _decode(body)
        reason = mispriced(product)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise edited(product_id, str(error)) from error
    if reason:
        raise edited(product_id, reason)
    return product


read_again = lru_cache(maxsize=512)(read_product)
"""Remembers what it read: every look at a cart asks for its products, and many carts hold the same few."""


def edited(product_id: str, reason: str) -> ProductUnreadable:
    """The error that names a product which is not what a shop wrote."""
    return ProductUnreadable(f"products/{product_id} is not what a shop wrote ({reason}); mend it, or restore it")


def readable(
    rows: Iterable[tuple[str, bytes]], unreadable: Callable[[StoreUnusable], None] = leave_out
) -> list[Product]:
    """The products of a list of ids and bodies. One that cannot be read is left out and named in the log: it must not
    take the others with it, and whoever asks for it alone is told.
    """
    products = []
    for product_id, body in rows:
        try:
            products.append(read_product(product_id, body))
        except ProductUnreadable as error:
            tell(product_id, error)
            unreadable(error)
    return products


def tell(product_id: str, error: StoreUnusable) -> None:
    """Name in the log what is left out."""
    _log.error("product_unreadable", product=product_id, reason=error.detail)
