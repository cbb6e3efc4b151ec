"""Steps that several acts on accounts share."""

from shopcore.identity.steps.ceremonies import Ceremonies, Shown
from shopcore.identity.steps.passwords import BoundGuesses, ConfirmPassword, Entering, KnowPassword, NewPasswords
from shopcore.identity.steps.tokens import IssueTokens, RotateSession
from shopcore.identity.steps.witness import RemoveProof, ReplacePassword, Witness

__all__ = [
    "BoundGuesses",
    "Ceremonies",
    "ConfirmPassword",
    "Entering",
    "IssueTokens",
    "KnowPassword",
    "NewPasswords",
    "RemoveProof",
    "ReplacePassword",
    "RotateSession",
    "Shown",
    "Witness",
]
