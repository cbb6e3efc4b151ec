"""A gateway's wallets in memory, for tests that are not about what a gateway keeps."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from shopcore.kernel.ids import CustomerId
from shopcore.payments.errors import MethodNotFound
from shopcore.payments.model import SavedMethod


@dataclass
class Purses:
    """What is kept, by wallet."""

    name: str = "bogus"
    kept: dict[str, list[SavedMethod]] = field(default_factory=dict)

    async def open(self, customer_id: CustomerId) -> str:
        reference = f"purse-of-{customer_id}"
        self.kept.setdefault(reference, [])
        return reference

    async def methods(self, reference: str) -> Sequence[SavedMethod]:
        return self.kept.get(reference, [])

    async def drop(self, reference: str, method: str) -> None:
        left = [each for each in self.kept.get(reference, []) if each.id != method]
        if left == self.kept.get(reference, []):
            raise MethodNotFound
        self.kept[reference] = left

    async def close(self, reference: str) -> None:
        self.kept.pop(reference, None)

    async def put(self, customer_id: CustomerId, method: str) -> str:
        """Keep something for somebody; answers the wallet's name."""
        reference = await self.open(customer_id)
        self.kept[reference].append(SavedMethod(id=method, gateway=self.name, type="card"))
        return reference
