"""What a cart refuses."""

from shopcore.kernel.errors import Conflict, FieldError, NotFound, Rejected


class CartNotFound(NotFound):
    """No such cart, or somebody else's, or one that is an order by now."""

    code = "cart_not_found"

    def __init__(self) -> None:
        super().__init__("there is no such cart")


class LineNotFound(NotFound):
    """The cart holds no such variant."""

    code = "line_not_found"

    def __init__(self) -> None:
        super().__init__("the cart holds no such variant")


class CartEmpty(Conflict):
    """There is nothing to buy: no line, no cart, or one that was ordered already."""

    code = "cart_empty"

    def __init__(self) -> None:
        super().__init__("the cart is empty")


class CustomerHasCart(Conflict):
    """The customer has an open cart already; there is one for all of their devices."""

    code = "customer_has_cart"

    def __init__(self) -> None:
        super().__init__("the customer has a cart already")


class CartChanged(Conflict):
    """Another writer was faster; read the cart again."""

    code = "version_conflict"

    def __init__(self) -> None:
        super().__init__("the cart has changed since it was read")


class InvalidQuantity(Rejected):
    """Outside of what one line may hold."""

    code = "invalid_quantity"

    def __init__(self, largest: int) -> None:
        message = f"must be a whole number from 1 to {largest}"
        super().__init__(f"quantity {message}", errors=[FieldError(field="quantity", code=self.code, message=message)])


class TooManyLines(Rejected):
    """More different variants than one cart may hold."""

    code = "too_many_lines"

    def __init__(self, largest: int) -> None:
        super().__init__(f"a cart holds at most {largest} different variants")
