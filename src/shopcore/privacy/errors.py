"""What privacy refuses."""

from collections.abc import Sequence

from shopcore.kernel.errors import Conflict, Unavailable


class OrdersUnderWay(Conflict):
    """Somebody who is forgotten cannot be delivered to: first their orders come to an end."""

    code = "orders_under_way"

    def __init__(self, numbers: Sequence[str]) -> None:
        super().__init__(f"there are orders that are not delivered or cancelled yet: {', '.join(numbers)}")


class KeysMissing(Unavailable):
    """The settings lack keys without which something in the store cannot be read or found."""

    code = "keys_missing"

    def __init__(self, setting: str, keys: tuple[str, ...]) -> None:
        super().__init__(
            f"the key {', '.join(keys)} of {setting} is missing: the keys must be those that the shop was kept with"
        )


class RotationUnderWay(Conflict):
    """Two indexes are exchanged at a time, not three."""

    code = "rotation_under_way"

    def __init__(self, key: str) -> None:
        super().__init__(f"a rotation to the INDEX_KEY {key} is under way: put that one first and finish it")
