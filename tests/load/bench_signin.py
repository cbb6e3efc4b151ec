"""How long product pages take while fifty people sign in at once, beside how long they take without: `bench signin`.

Rounds with and without take turns in one run, and the median of the rounds is printed: single figures mean little on a
shared machine, the ratio is what to look at. Pages are asked for at an even pace, so that a server that is slow for a
moment has the same to do as one that is not; sign-ins as fast as they are answered, at the cost that is the default.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

from tests.load.servers import start
from tests.load.wire import Connection

from shopcore.adapters.argon2.passwords import Argon2Passwords
from shopcore.identity.model import Account
from shopcore.kernel.ids import CustomerId
from shopcore.settings import Settings
from shopcore.shop import Shop, owner

ROUNDS = 5
SECONDS = 4.0  # of a round
READERS = 4
PAUSE = 0.02  # between two pages of one reader
AT_ONCE = 50
PASSWORD = "difference engine no. 2"
SAMPLE = Path(__file__).parents[2] / "src/shop_http/sample_products.csv"


async def stock(folder: Path) -> str:
    """A shop with goods and customers; answers the address of a product's page."""
    settings = Settings(
        store_url=f"sqlite:///{folder / 'shop.db'}",
        keys_file=str(folder / "shop.keys"),
        mail_dir=str(folder / "mail"),
    )
    hashed = await Argon2Passwords(memory_cost=19456, time_cost=2, parallelism=1).hash(PASSWORD)
    async with Shop.open(settings) as shop:
        await shop.as_(owner()).catalog.import_products(file=shop.product_file(SAMPLE))
        now = shop.clock.now()
        for number in range(AT_ONCE):
            account = Account(
                id=CustomerId(shop.new_id()), email=email(number), created_at=now, verified_at=now, password=hashed
            )
            await shop._store.accounts.add(account)
        (product,) = (await shop.as_(owner()).catalog.list_catalog(limit=1)).items
        return f"/products/{product.slug}"


def email(number: int) -> str:
    """Of one of the customers."""
    return f"customer{number}@example.com"


async def read(url: str, path: str, until: float) -> list[float]:
    """How long each page took, in milliseconds."""
    connection, taken = Connection(url), list[float]()
    while (begun := time.perf_counter()) < until:
        answer = await connection.request("GET", path)
        assert answer.status == 200, answer.content
        taken.append((time.perf_counter() - begun) * 1000)
        await asyncio.sleep(max(0.0, begun + PAUSE - time.perf_counter()))
    await connection.close()
    return taken


async def sign_in(url: str, number: int, until: float) -> int:
    """One customer, again and again; answers how often they got in."""
    connection, entered = Connection(url), 0
    while time.perf_counter() < until:
        answer = await connection.request("POST", "/auth/login", {"email": email(number), "password": PASSWORD})
        assert answer.status in {200, 503}, answer.content
        entered += answer.status == 200
    await connection.close()
    return entered


async def round_of(url: str, path: str, customers: int) -> tuple[float, int]:
    """The p95 of the pages, and how many sign-ins there were."""
    until = time.perf_counter() + SECONDS
    readers = [asyncio.create_task(read(url, path, until)) for _ in range(READERS)]
    entering = [asyncio.create_task(sign_in(url, number, until)) for number in range(customers)]
    pages = sorted(each for taken in await asyncio.gather(*readers) for each in taken)
    return pages[int(len(pages) * 0.95)], sum(await asyncio.gather(*entering))


async def measure(rounds: int) -> float:
    """Print the figures; answers the median of the ratios."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = await stock(folder)
        server = start(folder, {"STORE_URL": "sqlite:///shop.db"})
        try:
            await round_of(server.url, path, AT_ONCE)  # what is made at the first time is made
            pairs = [
                (*await round_of(server.url, path, 0), *await round_of(server.url, path, AT_ONCE))
                for _ in range(rounds)
            ]
        finally:
            server.stop()
    quiet, busy = (statistics.median(each) for each in ([one[0] for one in pairs], [one[2] for one in pairs]))
    entered = statistics.median(one[3] for one in pairs) / SECONDS
    ratio = statistics.median(one[2] / one[0] for one in pairs)
    print(f"a product page, p95: {quiet:.2f} ms; while {AT_ONCE} sign in at once ({entered:.0f}/s): {busy:.2f} ms")
    print(f"ratio: {ratio:.2f} (aim: at most 2), of the rounds {', '.join(f'{one[2] / one[0]:.2f}' for one in pairs)}")
    return ratio


if __name__ == "__main__":
    found = asyncio.run(measure(int(sys.argv[1]) if sys.argv[1:] else ROUNDS))
    if sys.argv[2:] and found > float(sys.argv[2]):
        sys.exit(f"a product page takes {found:.2f} times as long while {AT_ONCE} sign in, and may {sys.argv[2]} times")
