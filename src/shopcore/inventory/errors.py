"""What the stock refuses."""

from collections.abc import Sequence

from shopcore.kernel.errors import Conflict, FieldError, NotFound, Rejected
from shopcore.kernel.ids import Sku


class OutOfStock(Conflict):
    """Some lines cannot be had in that quantity; `errors` names each."""

    code = "out_of_stock"

    def __init__(self, skus: Sequence[Sku], fields: Sequence[str] = ()) -> None:
        super().__init__(
            f"not enough in stock of {', '.join(skus)}",
            errors=[
                FieldError(field=field, code=self.code, message=f"{sku} is not in stock in that quantity")
                for sku, field in zip(skus, fields or [f"sku/{sku}" for sku in skus], strict=True)
            ],
        )
        self.skus = tuple(skus)


class ReservationLapsed(Conflict):
    """The units were held too long ago and may have been sold; reserve again."""

    code = "reservation_lapsed"

    def __init__(self) -> None:
        super().__init__("the reservation has lapsed")


class ReservationDiffers(Conflict):
    """The same reservation was made before, of other units; those are held, and no more."""

    code = "reservation_differs"

    def __init__(self) -> None:
        super().__init__("the reservation was made with other lines")


class WouldOversell(Rejected):
    """The change would leave less on hand than is reserved, or less than nothing."""

    code = "would_oversell"

    def __init__(self, sku: Sku) -> None:
        super().__init__(f"{sku}: more is reserved or sold than that would leave on hand")


class StockItemNotFound(NotFound):
    """Nothing is known of this SKU's stock."""

    code = "stock_item_not_found"

    def __init__(self, sku: str) -> None:
        super().__init__(f"there is no stock item {sku}")
