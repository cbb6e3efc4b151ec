"""Opens two stores at once, for a move from one to the other."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from shopcore.container.adapters import bare_tools, open_bare_store
from shopcore.container.ports import Store
from shopcore.kernel.stores import StoreUnusable
from shopcore.operations.steps.keeper import Keeper
from shopcore.operations.use_cases.move_shop import MoveShop
from shopcore.settings import MEMORY, MONGO, Settings

_MOVING_SECONDS = 120.0
"""How long one write may take: what a move that was killed had in hand stays locked for a minute on MongoDB."""


@asynccontextmanager
async def open_move(settings: Settings, source: str, target: str) -> AsyncIterator[tuple[MoveShop, str]]:
    """A move between two addresses as `STORE_URL` has them, and what its source is called. Raises `StoreUnusable`."""
    there, here = _at(settings, source, "--from"), _at(settings, target, "--to")
    if there.database == here.database:
        raise StoreUnusable("--from and --to are the same store")
    if not source.startswith(MONGO) and not _is_file(there.database):
        raise StoreUnusable(f"--from: {there.database}: there is no shop here to move")
    tools = bare_tools(settings)
    async with open_bare_store(there, tools) as old, open_bare_store(here, tools) as new:
        yield MoveShop(source=_keeper(old), target=_keeper(new)), there.database


def _at(settings: Settings, url: str, option: str) -> Settings:
    chosen = msgspec.structs.replace(settings, store_url=url, write_timeout_seconds=_MOVING_SECONDS)
    if not url.startswith(MONGO) and (not url.startswith("sqlite:///") or chosen.database in {"", MEMORY}):
        raise StoreUnusable(f"{option} must be sqlite:///<path> or mongodb://...")
    return chosen


def _is_file(path: str) -> bool:
    return Path(path).is_file()


def _keeper(store: Store) -> Keeper:
    return Keeper(
        products=store.products,
        categories=store.categories,
        revision=store.revision,
        shipping_methods=store.shipping_methods,
        tax_rates=store.tax_rates,
        coupons=store.coupons,
        payments=store.payments,
        hand_payments=store.hand_payments,
        ledger=store.ledger,
        reconciliations=store.reconciliations,
        audit_log=store.audit_log,
        switches=store.switches,
        roles=store.roles,
        members=store.members,
        api_keys=store.api_keys,
        clients=store.clients,
        journeys=store.journeys,
        endpoints=store.endpoints,
        announcements=store.announcements,
        deliveries=store.deliveries,
        watches=store.stock_watches,
        holdings=store.holdings,
    )
