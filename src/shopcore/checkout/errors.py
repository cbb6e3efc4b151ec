"""What a checkout refuses."""

from collections.abc import Sequence

from shopcore.kernel.errors import Conflict, FieldError, Rejected
from shopcore.kernel.money import Money


class CheckoutIncomplete(Rejected):
    """Something is still missing; `errors` lists all of it."""

    code = "checkout_incomplete"

    def __init__(self, missing: Sequence[FieldError]) -> None:
        super().__init__(f"still missing: {', '.join(problem.field for problem in missing)}", errors=missing)


class PriceChanged(Conflict):
    """The total is not what the buyer has seen; show them the cart again."""

    code = "price_changed"

    def __init__(self, total: Money) -> None:
        super().__init__(
            f"the total is {total} now",
            errors=[FieldError(field="expected_total", code=self.code, message=f"the total is {total} now")],
        )
