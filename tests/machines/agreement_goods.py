"""What can be asked of the rest of a store: goods, people, jobs, and who did what."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import msgspec
from hypothesis import strategies as st
from tests.contracts.stores import Store
from tests.machines.agreement_sales import LIMITS, MINUTES, NAMES

from shopcore.access.model.api_keys import note_use, revoke
from shopcore.catalog.errors import CategoryNotFound, SlugTaken
from shopcore.catalog.model import ProductFilter, ProductSort, ProductStatus
from shopcore.identity.errors import AccountNotFound, SessionNotFound
from shopcore.identity.model.sessions import IDLE_LIFETIME, end
from shopcore.inventory.model import HOLD, MovementKind, StockLine, StockPolicy, hold
from shopcore.jobs.model import JobState, complete
from shopcore.kernel.ids import CustomerId, OrderId, ProductId, SessionId, Sku
from shopcore.kernel.jobs import NewJob
from shopcore.testing.contracts.access import api_key, member, role
from shopcore.testing.contracts.audit_log import after as entry_after
from shopcore.testing.contracts.identity_samples import a_session, an_account
from shopcore.testing.contracts.queue_parts import settle
from shopcore.testing.contracts.samples import NOON, a_category, a_product

replace = msgspec.structs.replace

_SKUS = st.sampled_from([Sku("A"), Sku("B")])


async def _settle_job(store: Store, limit: int) -> Any:
    leased = await store.queue.lease_due("worker", store.clock.now() + timedelta(hours=1), limit)
    return [(job.kind, (await settle(store.queue, job.id, "worker", complete)).state) for job in leased]


async def _jobs(store: Store, state: JobState | None) -> Any:
    return [(job.kind, job.unique_key, job.state) for job in (await store.queue.page(state, None, 100)).items]


async def _enqueue(store: Store, kind: str, key: str | None) -> None:
    await store.unit_of_work(lambda: store.jobs.enqueue(NewJob(kind=kind, unique_key=key)))


async def _append(store: Store) -> None:
    async def work() -> None:
        await store.audit_log.append(entry_after(await store.audit_log.last()))

    await store.unit_of_work(work)


async def _register(store: Store, name: str, email: str) -> Any:
    try:
        return await store.accounts.get(CustomerId(name))
    except AccountNotFound:
        return await store.accounts.add(an_account(name, email=f"{email}@post.example"))


async def _sign_in(store: Store, name: str, customer: str, minutes: int) -> Any:
    try:
        return await store.sessions.get(SessionId(name))
    except SessionNotFound:
        return await store.sessions.add(a_session(name, customer=customer, minutes=minutes))


async def _grow(store: Store, name: str, parent: str | None) -> str:
    try:
        await store.categories.add(a_category(name, parent=parent))
    except (SlugTaken, CategoryNotFound):
        return "refused"
    return "added"


async def _titles(store: Store, sort: ProductSort, limit: int) -> Any:
    found = await store.listing.page(ProductFilter(currency="USD"), sort, None, limit)
    return [product.id for product in found.items]


async def _hits(store: Store, text: str) -> Any:
    hits = await store.listing.search(text, ProductFilter(currency="USD"), None, 10)
    return [product.id for product in hits.items], hits.total, hits.facets


def _reserving(name: str, quantities: Sequence[int]) -> Any:
    lines = [StockLine(sku=sku, quantity=n) for sku, n in zip((Sku("A"), Sku("B")), quantities, strict=True) if n]
    return hold(OrderId(name), lines, NOON)


GOODS: Mapping[str, tuple[Any, ...]] = {
    "audit.append": (_append,),
    "audit.last": (lambda s: s.audit_log.last(),),
    "audit.page": (lambda s, m, limit: s.audit_log.page((m,), limit), MINUTES, LIMITS),
    "audit.latest": (lambda s, m, limit: s.audit_log.latest((m,), limit), MINUTES, LIMITS),
    "roles.put": (lambda s, n, o: s.roles.put(role(n, o)), NAMES, NAMES),
    "roles.remove": (lambda s, n: s.roles.remove(n), NAMES),
    "roles.list": (lambda s: s.roles.everything(),),
    "members.put": (lambda s, n, m: s.members.put(member(n, minutes=m)), NAMES, MINUTES),
    "members.get": (lambda s, n: s.members.get(CustomerId(n)), NAMES),
    "members.remove": (lambda s, n: s.members.remove(CustomerId(n)), NAMES),
    "members.list": (lambda s: s.members.everything(),),
    "keys.use": (
        lambda s, m: s.api_keys.change(f"key-{m}", partial(note_use, now=NOON + timedelta(minutes=m))),
        MINUTES,
    ),
    "keys.revoke": (lambda s, m: s.api_keys.change(f"key-{m}", lambda key: revoke(key, NOON)), MINUTES),
    "keys.digest": (lambda s, m: s.api_keys.by_digest(api_key(m).digest), MINUTES),
    "keys.list": (lambda s: s.api_keys.everything(),),
    "accounts.add": (_register, NAMES, NAMES),
    "accounts.get": (lambda s, n: s.accounts.get(CustomerId(n)), NAMES),
    "accounts.email": (lambda s, n: s.accounts.find_by_email(f"{n}@post.example"), NAMES),
    "accounts.move": (
        lambda s, n, o: s.accounts.update(CustomerId(n), lambda held: replace(held, email=f"{o}@post.example")),
        NAMES,
        NAMES,
    ),
    "accounts.page": (lambda s, n, limit: s.accounts.page(n and (n,), limit), st.none() | NAMES, LIMITS),
    "accounts.remove": (lambda s, n: s.accounts.remove(CustomerId(n)), NAMES),
    "sessions.add": (_sign_in, NAMES, NAMES, MINUTES),
    "sessions.get": (lambda s, n: s.sessions.get(SessionId(n)), NAMES),
    "sessions.end": (lambda s, n: s.sessions.update(SessionId(n), partial(end, at=NOON)), NAMES),
    "sessions.list": (lambda s, n: s.sessions.of_customer(CustomerId(n)), NAMES),
    "sessions.end_all": (
        lambda s, n, o: s.sessions.end_all(CustomerId(n), NOON, o and SessionId(o)),
        NAMES,
        st.none() | NAMES,
    ),
    "sessions.end_longest_unused": (
        lambda s, n, m: s.sessions.end_longest_unused(CustomerId(n), m, NOON),
        NAMES,
        MINUTES,
    ),
    "sessions.forget": (
        lambda s, m, limit: s.sessions.remove_expired(NOON + IDLE_LIFETIME + timedelta(minutes=m), limit),
        MINUTES,
        LIMITS,
    ),
    "categories.add": (_grow, NAMES, st.none() | NAMES),
    "categories.get": (lambda s, n: s.categories.get_by_slug(n), NAMES),
    "categories.list": (lambda s: s.categories.everything(),),
    "products.add": (lambda s, n, m: s.products.add(a_product(n, minutes=m)), NAMES, MINUTES),
    "products.get": (lambda s, n: s.products.get(ProductId(n)), NAMES),
    "products.slug": (lambda s, n: s.products.get_by_slug(a_product(n).slug), NAMES),
    "products.rename": (
        lambda s, n, o: s.products.update(ProductId(n), lambda held: replace(held, title=f"{o} thing")),
        NAMES,
        NAMES,
    ),
    "products.state": (
        lambda s, n, state: s.products.update(ProductId(n), lambda held: replace(held, status=state)),
        NAMES,
        st.sampled_from(ProductStatus),
    ),
    "products.page": (
        lambda s, state, limit: s.products.page(state, None, limit),
        st.none() | st.sampled_from(ProductStatus),
        LIMITS,
    ),
    "listing.page": (_titles, st.sampled_from(ProductSort), LIMITS),
    "listing.search": (_hits, st.sampled_from(["a", "b", "a thing", "nothing"])),
    "levels.rules": (
        lambda s, sku, tracked, policy: s.levels.set_rules(sku, tracked=tracked, policy=policy),
        _SKUS,
        st.booleans(),
        st.sampled_from(StockPolicy),
    ),
    "levels.set": (
        lambda s, sku, n, m: s.levels.set_on_hand(
            sku, 2 * m, kind=MovementKind.IMPORTED, reason="r", movement_id=f"{sku}{n}", at=NOON
        ),
        _SKUS,
        NAMES,
        MINUTES,
    ),
    "levels.adjust": (
        lambda s, sku, n, by: s.levels.adjust(sku, by, reason="r", movement_id=f"{sku}{n}", at=NOON),
        _SKUS,
        NAMES,
        st.sampled_from([-2, 1, 3]),
    ),
    "levels.find": (lambda s: s.levels.find([Sku("A"), Sku("B"), Sku("C")]),),
    "levels.page": (lambda s, limit: s.levels.page(None, limit), LIMITS),
    "jobs.enqueue": (_enqueue, NAMES, st.none() | NAMES),
    "jobs.work": (_settle_job, LIMITS),
    "jobs.list": (_jobs, st.none() | st.sampled_from(JobState)),
}
"""Likewise the catalogue, the stock, people, jobs and the audit log."""


STEPS: Mapping[str, tuple[Any, ...]] = {
    "reserve": (
        lambda s, n, quantities: s.reservations.reserve(_reserving(n, quantities), NOON),
        NAMES,
        st.sampled_from([(1, 0), (2, 1), (0, 3)]),
    ),
    "claim": (lambda s, n, m: s.reservations.claim(OrderId(n), NOON + m * HOLD), NAMES, st.integers(0, 1)),
    "commit": (lambda s, n: s.reservations.commit(OrderId(n), NOON), NAMES),
    "release": (lambda s, n: s.reservations.release(OrderId(n), NOON), NAMES),
    "let_go": (lambda s, n: s.reservations.let_go(OrderId(n), NOON), NAMES),
    "get": (lambda s, n: s.reservations.get(OrderId(n)), NAMES),
    "movements": (lambda s, sku: s.levels.movements(sku, None, 100), _SKUS),
}
"""Asked outside of units alone: steps that stand although a unit is undone, and what buyers look at."""
