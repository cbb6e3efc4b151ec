"""What pricing refuses."""

from shopcore.kernel.errors import Conflict, FieldError, NotFound, Rejected


class NotSoldInCurrency(Rejected):
    """A line has no price in the cart's currency."""

    code = "not_sold_in_currency"

    def __init__(self, sku: str, currency: str, field: str = "currency") -> None:
        message = f"{sku} has no price in {currency}"
        super().__init__(message, errors=[FieldError(field=field, code=self.code, message=message)])


class ShippingMethodNotFound(Rejected):
    """No such shipping method, or not for this cart and address."""

    code = "unknown_shipping_method"

    def __init__(self) -> None:
        message = "must be one of the cart's shipping methods"
        super().__init__(message, errors=[FieldError(field="shipping_method", code=self.code, message=message)])


class CouponNotFound(Rejected):
    """No such coupon, or it cannot be used now: the answer to a guess is the same."""

    code = "invalid_coupon"

    def __init__(self, message: str = "is not a valid coupon") -> None:
        super().__init__(f"the code {message}", errors=[FieldError(field="code", code=self.code, message=message)])


class CouponUsedUp(Conflict):
    """Its limit was reached, perhaps a moment ago by somebody else."""

    code = "coupon_used_up"

    def __init__(self, code: str) -> None:
        super().__init__(f"the coupon {code} has been used up")


class RuleNotFound(NotFound):
    """No such shipping method, tax rate or coupon to edit."""

    code = "pricing_rule_not_found"

    def __init__(self) -> None:
        super().__init__("there is no such rule")
