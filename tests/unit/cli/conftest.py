"""A folder with a shop in it, and the command `shop`."""

import asyncio
import shutil
import sys
from collections.abc import Awaitable, Callable
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest
from click.testing import CliRunner, Result

from shop_http.cli import main
from shopcore.checkout.model import CheckedOut, CheckOutCommand, PaymentChoice
from shopcore.kernel.actor import Guest
from shopcore.kernel.address import Address
from shopcore.kernel.ids import Sku
from shopcore.ordering.model import Order
from shopcore.shop import Settings, Shop, read_settings

T = TypeVar("T")

SAMPLE = Path(str(files("shop_http") / "sample_products.csv"))
PERSONAL = ("ann@example.com", "Ann Buyer", "Mill Road", "Springfield")
HOME = Address(
    name="Ann Buyer", line1="1 Mill Road", city="Springfield", country="US", region="IL", postal_code="62701"
)

SHOP = (sys.executable, "-c", "from shop_http.cli import main; main()")
"""The command as a process of its own."""

Run = Callable[..., Result]
Buy = Callable[..., Order]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, and an environment that says nothing about a shop."""
    monkeypatch.chdir(tmp_path)
    for field in msgspec.structs.fields(Settings):
        monkeypatch.delenv(field.name.upper(), raising=False)
    return tmp_path


@pytest.fixture
def shop() -> Run:
    """Runs a command, and shows what an unexpected error was."""

    def run(*arguments: str, said: str | None = None, status: int = 0) -> Result:
        result = CliRunner().invoke(main, arguments, input=said)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == status, result.output
        return result

    return run


@pytest.fixture
def stocked(shop: Run, folder: Path) -> Path:
    """The folder, with the sample products in its shop."""
    shutil.copy(SAMPLE, folder / "sample.csv")
    shop("import", "products", "sample.csv")
    return folder


@pytest.fixture
def buy(stocked: Path) -> Buy:
    """Places an order; what follows from it is done unless it is said otherwise."""

    def buy(sku: str = "CEDAR-PENCILS_HB", quantity: int = 2, method: str = "ok", *, worked_off: bool = True) -> Order:
        return inside(lambda opened: _buy(opened, sku, quantity, method, worked_off=worked_off))

    return buy


def inside(act: Callable[[Shop], Awaitable[T]]) -> T:
    """Act in the shop as the library does."""

    async def run() -> T:
        async with Shop.open(read_settings()) as opened:
            return await act(opened)

    return asyncio.run(run())


def decoded(result: Result) -> Any:
    """What a command printed for machines, and nothing else."""
    return msgspec.json.decode(result.stdout)


def complaint(result: Result) -> str:
    """The one line of a refusal."""
    (line,) = result.stderr.splitlines()
    assert line.startswith("shop: ")
    assert result.stdout == ""
    return line.removeprefix("shop: ")


def assert_discreet(printed: str) -> None:
    """Nothing of the customer is in it."""
    assert [secret for secret in PERSONAL if secret in printed] == []


async def _buy(opened: Shop, sku: str, quantity: int, method: str, *, worked_off: bool) -> Order:
    cart = await opened.as_(Guest()).cart.add_item(sku=Sku(sku), quantity=quantity)
    command = CheckOutCommand(
        email="ann@example.com",
        shipping_address=HOME,
        shipping_method="standard",
        payment=PaymentChoice(method=method),
    )
    reply = await opened.as_(Guest(cart_token=cart.token)).checkout.check_out(command=command, key=opened.new_id())
    assert isinstance(reply.outcome, CheckedOut), reply
    if worked_off:
        await opened.work_off()
    return reply.outcome.order
