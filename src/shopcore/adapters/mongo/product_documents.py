"""Between products and their documents."""

from collections.abc import Callable, Iterable

import structlog

from shopcore.adapters.mongo.documents import Codec
from shopcore.adapters.mongo.product_places import FILED
from shopcore.adapters.mongo.schema.catalog import PRODUCTS
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.catalog.errors import ProductUnreadable
from shopcore.catalog.model import Product, mispriced
from shopcore.catalog.ports import leave_out
from shopcore.kernel.stores import StoreUnusable

_log = structlog.get_logger("shopcore")
_codec = Codec(PRODUCTS, Product)


def product_document(product: Product) -> Document:
    """The document of a product. Attributes are pairs: their names may be no names of fields."""
    return _codec.encode(product, attributes=list(product.attributes.items()), filed=FILED)


def read_product(document: Document) -> Product:
    """The product again. Raises `ProductUnreadable`, naming it, where somebody made something else of the document:
    also of a type that fits, where it is a price, since what it is sold for is added to what the rest of a cart costs.
    """
    pairs = document.get("attributes")
    if isinstance(pairs, list) and all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        document = {**document, "attributes": {str(name): value for name, value in pairs}}
    try:
        product = _codec.decode(document)
    except StoreUnusable as error:
        raise ProductUnreadable(error.detail) from error
    reason = mispriced(product)
    if reason:
        name = f"{PRODUCTS.name}/{product.id}"
        raise ProductUnreadable(f"{name} is not what a shop wrote ({reason}); mend it, or restore it")
    return product


def readable(documents: Iterable[Document], unreadable: Callable[[StoreUnusable], None] = leave_out) -> list[Product]:
    """The products of a list. One that cannot be read is left out and named in the log: it must not take the others
    with it, and whoever asks for it alone is told.
    """
    products = []
    for document in documents:
        try:
            products.append(read_product(document))
        except ProductUnreadable as error:
            _log.error("product_unreadable", product=str(document["_id"]), reason=error.detail)
            unreadable(error)
    return products
