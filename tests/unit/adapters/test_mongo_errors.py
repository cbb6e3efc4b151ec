"""What the driver reports, in words that say what to do."""

import pytest
from pymongo.errors import OperationFailure

from shopcore.adapters.mongo.errors import translated
from shopcore.kernel.stores import StoreUnusable


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        (13, "names none; grant one the role readWrite on the database, and for shop migrate also dbAdmin"),
        (18, "refuses the user or the password of STORE_URL"),
        (20, "start it as a replica set"),
        (14031, "the disk of the store is full"),
    ],
)
def test_what_an_operator_can_mend_says_how(code: int, advice: str) -> None:
    """And shows nothing of what the server said, which may hold a value."""
    error = translated(OperationFailure("ada may not", code))

    assert isinstance(error, StoreUnusable)
    assert advice in error.detail
    assert "ada" not in error.detail
