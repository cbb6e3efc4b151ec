"""What a crowd was answered."""

from collections import Counter
from collections.abc import Sequence

from tests.load.wire import Answer


def tally(answers: Sequence[Answer]) -> Counter[str]:
    """How many of each answer: orders, and refusals by their code."""
    return Counter("201" if answer.status == 201 else answer.json()["code"] for answer in answers)
