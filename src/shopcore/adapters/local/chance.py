"""Randomness for jitter: spread, not secrets."""

import random


class LocalChance:
    """Python's generator, seeded by the machine."""

    def __init__(self) -> None:
        self._random = random.Random()  # noqa: S311 - spreads retries, guards nothing

    def fraction(self) -> float:
        """A number from 0 (included) to 1 (not included)."""
        return self._random.random()
