"""Persons and keys: what is held on somebody, and what it is held under."""

from shopcore.privacy.model.keys import HeldKeys, KeyKind, KeyUse, Place, RotationNote, Tally
from shopcore.privacy.model.persons import (
    RECENT,
    UNDER_WAY,
    Holdings,
    abandon,
    forget_buyer,
    forget_payer,
    is_waited_for,
)

__all__ = [
    "RECENT",
    "UNDER_WAY",
    "HeldKeys",
    "Holdings",
    "KeyKind",
    "KeyUse",
    "Place",
    "RotationNote",
    "Tally",
    "abandon",
    "forget_buyer",
    "forget_payer",
    "is_waited_for",
]
