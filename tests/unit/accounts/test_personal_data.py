"""What the map of personal data says of the export and of being forgotten is so, field by field, on each store."""

from collections.abc import Callable, Iterator
from dataclasses import replace as replace_world
from datetime import timedelta
from typing import Any, get_type_hints

import msgspec
import pytest
from msgspec.structs import replace
from tests.purses import Purses
from tests.stories import TEA, Story
from tests.unit.accounts.test_privacy import buys, customer, joins

from shop_http.routes.privacy import _export
from shopcore.container.moving import _keeper
from shopcore.identity.model import EmailChange, Passkey, SavedAddress, SecondFactor
from shopcore.kernel.actor import Customer
from shopcore.kernel.address import Address, Contact
from shopcore.kernel.ids import AddressId, PasskeyId, VariantId
from shopcore.messages.model.watches import watch
from shopcore.oauth.model import Consent
from shopcore.operations.steps.shelves import shelves_of
from shopcore.payments.model import Attempt, NextAction, Wallet, WalletName
from shopcore.privacy.model.data_map import PERSONS
from shopcore.privacy.model.personal_data import Gone, Personal, treatments

pytestmark = pytest.mark.anyio

AT = timedelta(days=31)
WHERE = Address(name="", line1="", city="", country="", company="", line2="", region="", postal_code="", phone="")
WHOM = Contact(email="", shipping_address=WHERE, billing_address=WHERE)
WRITERS: dict[Any, Callable[[str], Any]] = {
    str: str,
    str | None: str,
    bytes: str.encode,
    tuple[str, ...]: lambda text: (text,),
}
"""How a text becomes a value of such a field. Others are ids, times and figures, of which none is like no other."""


def mark(kind: type[msgspec.Struct], field: str) -> str:
    return f"of:{kind.__name__}.{field}"


def marks() -> dict[str, Personal]:
    """What is planted in every personal field that holds text, and how it is treated."""
    return {
        mark(kind, field): treated
        for kind, declared in PERSONS.items()
        for field, treated in treatments(declared).items()
        if get_type_hints(kind)[field] in WRITERS
    }


def planted(value: Any) -> Any:
    """The same thing with a mark in every personal field that holds text, whatever it is made of."""
    if isinstance(value, tuple):
        return tuple(map(planted, value))
    if not isinstance(value, msgspec.Struct) or type(value) not in PERSONS:
        return value
    kind, declared, hints = type(value), PERSONS[type(value)], get_type_hints(type(value))
    texts = {
        field: WRITERS[hints[field]](mark(kind, field)) for field in treatments(declared) if hints[field] in WRITERS
    }
    return replace(value, **texts, **{part: planted(getattr(value, part)) for part in declared.parts})


async def stored(story: Story) -> str:
    """Everything that is in the store, unsealed, as the move of a shop reads it."""

    async def everything() -> Any:
        for shelf in shelves_of(_keeper(story.place.store)):
            after = ""
            while batch := await shelf.read(after, 100):
                after = batch[-1][0]
                yield msgspec.json.encode([thing for _, thing in batch]).decode()

    return "\n".join([text async for text in everything()])


def found(text: str) -> set[str]:
    return {each for each in marks() if f'{each}"' in text or _in_bytes(each) in text}


def _in_bytes(text: str) -> str:
    return msgspec.json.encode(text.encode()).decode()


async def lives(story: Story) -> Customer:
    """Somebody of whom a shop has everything that it can have, with a mark in each field."""
    await story.sell()
    story.place.world = replace_world(story.place.world, keepers={"bogus": Purses()})
    story.reopen()
    ann = customer(await joins(story))
    bought, staff, store = await buys(story, ann), story.staff.orders, story.place.store
    await staff.ship(order_id=bought.id, carrier="post", tracking_number="1")
    await staff.deliver(order_id=bought.id)
    await staff.refund(order_id=bought.id, amount=None, reason="broken")
    await story.settles()
    await story.as_(ann).cart.add_item(sku=TEA, quantity=1)
    payment, cart = await bought.payment(), await store.carts.find_by_customer(ann.customer_id)
    assert cart is not None
    assert ann.sign_in is not None
    session_id = ann.sign_in.session_id
    at, tried = payment.created_at, Attempt(number=1, gateway="bogus")
    asked = EmailChange(id="1", email="", asked_at=at)
    passkey = Passkey(id=PasskeyId("1"), credential="", public_key=b"", name="", created_at=at)
    book, factor = SavedAddress(id=AddressId("1"), address=WHERE), SecondFactor(confirmed_at=at)
    more = {"email_change": asked, "addresses": (book,), "second_factor": factor, "passkeys": (passkey,)}
    step, purse = NextAction(type="redirect", url=""), WalletName(gateway="bogus", reference="")
    tries = {"earlier": (tried,), "charges": (tried,)}

    async def work() -> None:
        await store.accounts.update(ann.customer_id, lambda held: planted(replace(held, **more)))
        await store.orders.update(bought.id, lambda held: planted(replace(held, contact=WHOM)))
        await store.payments.update(
            payment.id, lambda held: planted(replace(held, next_action=step, wallet=purse, **tries))
        )
        await store.carts.update(cart.id, lambda held: planted(replace(held, contact=WHOM)))
        await store.sessions.update(session_id, planted)
        await store.wallets.add(
            planted(Wallet(customer_id=ann.customer_id, gateway="bogus", reference="", opened_at=at))
        )
        await store.stock_watches.put(planted(watch(VariantId("1"), ann.customer_id, at)))
        await store.consents.put(planted(Consent(customer_id=ann.customer_id, client_id="", scopes=(), given_at=at)))

    await store.unit_of_work(work)
    return ann


def expected(*gone: Gone) -> set[str]:
    """What has not gone by then, of what was planted."""
    return {each for each, treated in marks().items() if each in PLANTED and treated.gone not in gone}


UNPLANTED = (
    *("Report", "RefundNews", "DisputeNews", "Switch", "Claim", "Entry", "Job", "Member", "ApiKey", "Client"),
    *("Reconciliation", "Difference", "Leave", "Sending", "TroubledAddress"),
)
"""Answers, news, switches, logs, jobs, staff, programs, comparisons and keyed digests: the shop writes them itself, and
none is exported."""

PLANTED = {each for each in marks() if not each.startswith(tuple(f"of:{name}." for name in UNPLANTED))}


def exported(shown: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Each mark with each part of an export in which it is."""
    for key, part in shown.items():
        for each in found(msgspec.json.encode(part).decode()):
            yield each, key


async def test_the_export_has_what_the_map_says(story: Story) -> None:
    """There, and nowhere else; and nothing that somebody could act with."""
    ann = await lives(story)
    shown = msgspec.to_builtins(_export(await story.as_(ann).privacy.export()))
    said = {
        (each, key)
        for each, treated in marks().items()
        if treated.exported is not None
        for key in treated.exported.split(", ")
    }

    assert {each for each, _ in said} <= PLANTED
    assert set(exported(shown)) == said


async def test_who_is_forgotten_is_gone_when_the_map_says(story: Story) -> None:
    """At once, by the job that follows, and a month later; what the books need stays."""
    ann = await lives(story)
    before = found(await stored(story))
    await story.as_(ann).privacy.erase()
    at_once = await stored(story)
    await story.shop.work_off()
    soon = await stored(story)
    await story.passes(AT.total_seconds())
    later = await stored(story)

    assert before == PLANTED
    assert not {each for each in found(at_once) if marks()[each].gone is Gone.AT_ONCE}
    assert found(soon) == expected(Gone.AT_ONCE, Gone.SOON, Gone.WITH_WHOLE)
    assert found(later) == expected(*(each for each in Gone if each is not Gone.NEVER))
    assert found(later)
    assert "ann@example.com" not in later
    assert "1 Road" not in later
