"""What was sent, and where it did not arrive."""

from shopcore.messages.model.sending import Sending, SendingState, Tally
from shopcore.messages.model.troubles import RECIPIENT, Trouble, TroubledAddress
from shopcore.messages.model.watches import StockWatch

__all__ = ["RECIPIENT", "Sending", "SendingState", "StockWatch", "Tally", "Trouble", "TroubledAddress"]
