"""Payment methods that a gateway keeps for a customer, so that they need not be entered again."""

from datetime import datetime

import msgspec

from shopcore.kernel.ids import CustomerId


class WalletName(msgspec.Struct, frozen=True, kw_only=True):
    """Which wallet at which gateway; `reference` is the gateway's own name of it."""

    gateway: str
    reference: str


class Wallet(msgspec.Struct, frozen=True, kw_only=True):
    """A customer's place at a gateway for what they have agreed to have kept. The shop keeps its name only."""

    customer_id: CustomerId
    gateway: str
    reference: str
    opened_at: datetime

    @property
    def name(self) -> WalletName:
        """For a payment, which is of one customer anyway."""
        return WalletName(gateway=self.gateway, reference=self.reference)


class SavedMethod(msgspec.Struct, frozen=True, kw_only=True):
    """A method that a gateway keeps, as far as a customer needs to know their own again: never its number."""

    id: str
    gateway: str
    type: str
    brand: str | None = None
    last4: str | None = None
    expires_month: int | None = None
    expires_year: int | None = None
