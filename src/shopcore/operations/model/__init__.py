"""What whoever runs a shop works with: files of products, what happened, and moves."""

from shopcore.operations.model.happenings import HappenedEvent, happened, pack_events, unpack_events
from shopcore.operations.model.moves import MovedShelf, MoveNote, MoveProgress
from shopcore.operations.model.product_file import (
    ImportedProduct,
    ImportedVariant,
    ImportReport,
    ProductRows,
    Refusal,
    StockChange,
    added,
    merged,
    slug_of_category,
    stock_change,
    without,
)
from shopcore.operations.model.shared import SharedState

__all__ = [
    "HappenedEvent",
    "ImportReport",
    "ImportedProduct",
    "ImportedVariant",
    "MoveNote",
    "MoveProgress",
    "MovedShelf",
    "ProductRows",
    "Refusal",
    "SharedState",
    "StockChange",
    "added",
    "happened",
    "merged",
    "pack_events",
    "slug_of_category",
    "stock_change",
    "unpack_events",
    "without",
]
