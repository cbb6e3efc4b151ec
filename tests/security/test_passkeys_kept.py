"""Passkeys as an account has them: added, named, taken off, shown and forgotten, and what needs one now."""

from pathlib import Path

import httpx
import msgspec
import pytest
from tests.authenticators import an_authenticator
from tests.http.conftest import client_of, refused, settings_for
from tests.http.people import Person, grown_old, joined, mails
from tests.security.passkey_holders import INVALID, add, sent, shop, to_make, with_passkey

from shopcore.identity.model.passkeys import MOST
from shopcore.kernel.actor import Customer, Guest, StepUpRequired
from shopcore.kernel.ids import OrderId
from shopcore.ordering.errors import OrderNotFound
from shopcore.shop import Shop, owner
from shopcore.testing.authenticator import HONEST, Lies, base64url

__all__ = ["shop"]

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "lies",
    [
        Lies(origin="https://evil.test"),
        Lies(domain="evil.test"),
        Lies(challenge=base64url(b"x" * 56)),
        Lies(algorithm=-47),
        Lies(credential=b"y" * 32),
        Lies(is_present=False),
        Lies(cross_origin=True),
        Lies(kind="webauthn.get"),
    ],
)
async def test_what_was_made_elsewhere_is_not_added(ada: Person, lies: Lies) -> None:
    assert refused(await add(ada, an_authenticator(), lies)) == (422, "passkey_refused")
    assert (await ada.ask("GET", "/auth/passkeys")).json()["items"] == []


@pytest.mark.parametrize("field", ["id", "client_data", "attestation_object"])
@pytest.mark.parametrize("text", ["", "!", "e30", "\u2603", "A" * 1_300])
async def test_what_is_no_passkey_is_refused(ada: Person, field: str, text: str) -> None:
    assert refused(await add(ada, an_authenticator(), HONEST, name="x", **{field: text})) == (422, "passkey_refused")


@pytest.mark.parametrize("field", ["client_data", "authenticator_data", "signature", "id", "user_handle"])
@pytest.mark.parametrize("text", ["", "!", "e30", "\u2603", "A" * 1_300])
async def test_what_is_no_answer_is_refused(ada: Person, field: str, text: str) -> None:
    holder = await with_passkey(ada)
    body = {**sent(holder.key.use(await holder.asked())), field: text}

    assert refused(await ada.client.post("/auth/passkeys/sign-in", json=body)) == INVALID


async def test_a_passkey_is_one_account_s(ada: Person, client: httpx.AsyncClient, shop: Shop) -> None:
    """Nobody can add one that somebody has, themselves included."""
    holder, eve = await with_passkey(ada), await joined(client, shop, "eve@example.com")

    assert refused(await add(eve, holder.key)) == (409, "passkey_taken")
    assert refused(await add(ada, holder.key)) == (409, "passkey_taken")
    assert (await eve.ask("GET", "/auth/passkeys")).json()["items"] == []


async def test_what_was_asked_for_by_one_is_not_made_by_another(
    ada: Person, client: httpx.AsyncClient, shop: Shop
) -> None:
    """The challenge is of the account, so nobody can have their own passkey put into another's."""
    eve, key = await joined(client, shop, "eve@example.com"), an_authenticator()
    made = key.make(await to_make(eve))
    body = {
        "name": "x",
        "id": made.credential,
        "client_data": made.client_data,
        "attestation_object": made.attestation_object,
    }

    assert refused(await ada.ask("POST", "/auth/passkeys", json=body)) == (422, "passkey_refused")
    assert (await eve.ask("POST", "/auth/passkeys", json=body)).status_code == 201
    assert refused(await eve.ask("POST", "/auth/passkeys", json=body)) == (422, "passkey_refused")


async def test_an_account_has_so_many_and_no_more(ada: Person, shop: Shop) -> None:
    holder = await with_passkey(ada)
    account = await shop._store.accounts.find_by_email(ada.email)
    assert account is not None
    (passkey,) = account.passkeys
    more = tuple(msgspec.structs.replace(passkey, id=f"{number}", credential=f"{number}") for number in range(MOST - 1))
    options = await to_make(ada)
    await shop._store.accounts.update(
        account.id, lambda held: msgspec.structs.replace(held, passkeys=(*held.passkeys, *more))
    )
    made = an_authenticator().make(options)
    late = {"name": "x", "id": made.credential, "client_data": made.client_data}

    assert refused(await ada.ask("POST", "/auth/passkeys/options")) == (409, "too_many_passkeys")
    answer = await ada.ask("POST", "/auth/passkeys", json={**late, "attestation_object": made.attestation_object})
    assert refused(answer) == (409, "too_many_passkeys")
    assert (await holder.enter()).status_code == 200


async def test_it_has_a_name_and_can_be_removed(ada: Person) -> None:
    """Its owner is told by mail; afterwards it opens nothing, and could be added again."""
    holder = await with_passkey(ada)
    (listed,) = (await ada.ask("GET", "/auth/passkeys")).json()["items"]
    place = f"/auth/passkeys/{listed['id']}"
    renamed = await ada.ask("PATCH", place, json={"name": " A key at home "})
    nameless = await ada.ask("PATCH", place, json={"name": " "})
    removed = await ada.ask("DELETE", place)

    assert renamed.json()["name"] == "A key at home"
    assert refused(nameless) == (422, "invalid_input")
    assert removed.status_code == 204
    assert refused(await holder.enter()) == INVALID
    assert refused(await ada.ask("DELETE", place)) == (404, "passkey_not_found")
    assert "A passkey was removed from your account" in {mail.subject for mail in await mails(ada.shop)}
    assert (await add(ada, holder.key)).status_code == 201
    assert (await ada.login()).status_code == 200


async def test_adding_and_removing_need_somebody_who_has_just_signed_in(ada: Person, shop: Shop) -> None:
    """A device left open does not suffice, until the passkey itself shows who is there: that is what step-up is."""
    holder = await with_passkey(ada)
    (listed,) = (await ada.ask("GET", "/auth/passkeys")).json()["items"]
    place = f"/auth/passkeys/{listed['id']}"
    await grown_old(shop, ada)
    for method, path in (("POST", "/auth/passkeys/options"), ("DELETE", place)):
        assert refused(await ada.ask(method, path)) == (401, "step_up_required")

    unseen = holder.key.use(await holder.asked(), Lies(is_verified=False))
    assert refused(await ada.ask("POST", "/auth/passkeys/step-up", json=sent(unseen))) == INVALID
    shown = sent(holder.key.use(await holder.asked()))
    assert (await ada.ask("POST", "/auth/passkeys/step-up", json=shown)).status_code == 204
    assert refused(await ada.ask("POST", "/auth/passkeys/step-up", json=shown)) == INVALID
    assert (await ada.ask("GET", "/auth/sessions")).json()["items"][0]["methods"] == ["hwk", "user", "mfa", "vouched"]
    assert (await ada.ask("DELETE", place)).status_code == 204


async def test_staff_give_money_back_once_their_passkey_was_shown(ada: Person, shop: Shop) -> None:
    """Their session is of yesterday, so they are asked who they are; the passkey says so without a new sign-in."""
    holder = await with_passkey(ada)
    await shop.as_(owner()).people.add_colleague(email=ada.email, roles=("support",))
    await grown_old(shop, ada)

    async def give_back() -> None:
        came = await shop.authenticate(Guest(), ada.tokens["access_token"])
        assert isinstance(came, Customer)
        member = await shop.admit_staff(came)
        await shop.as_(member).orders.refund(order_id=OrderId("of nobody"), reason="broken")

    with pytest.raises(StepUpRequired):
        await give_back()
    shown = sent(holder.key.use(await holder.asked()))
    assert (await ada.ask("POST", "/auth/passkeys/step-up", json=shown)).status_code == 204
    with pytest.raises(OrderNotFound):  # so far they came
        await give_back()


async def test_a_device_left_open_is_not_made_fresh_by_a_stranger_s_passkey(
    ada: Person, client: httpx.AsyncClient, shop: Shop
) -> None:
    eve = await with_passkey(await joined(client, shop, "eve@example.com"))
    await grown_old(shop, ada)
    shown = sent(eve.key.use(await eve.asked()))

    assert refused(await ada.ask("POST", "/auth/passkeys/step-up", json=shown)) == INVALID
    assert refused(await ada.ask("POST", "/auth/passkeys/options")) == (401, "step_up_required")


async def test_what_is_held_is_shown_and_forgotten(ada: Person) -> None:
    """The export has it without its key; with the account it is gone, and the passkey is free."""
    holder = await with_passkey(ada)
    (exported,) = (await ada.ask("GET", "/me/export")).json()["passkeys"]
    await ada.ask("DELETE", "/me")

    assert set(exported) == {"id", "name", "synced", "transports", "created_at", "last_used_at"}
    assert refused(await holder.enter()) == INVALID


async def test_the_log_says_what_was_done_and_nothing_of_the_passkey(ada: Person, shop: Shop) -> None:
    holder = await with_passkey(ada)
    await holder.enter()
    (listed,) = (await ada.ask("GET", "/auth/passkeys")).json()["items"]
    await ada.ask("DELETE", f"/auth/passkeys/{listed['id']}")
    entries = (await shop.as_(owner()).audit.list()).items
    actions = [entry.action for entry in entries]

    assert actions[:3] == ["account.remove_passkey", "account.sign_in", "account.add_passkey"]
    assert holder.key.credential not in repr(entries)


async def test_a_shop_front_of_the_same_site_may_use_them(tmp_path: Path) -> None:
    """Pages of `ALLOWED_ORIGINS` within `PASSKEY_DOMAIN` may, those of other sites may not."""
    front, other = "https://www.example.org", "https://example.net"
    settings = settings_for(
        tmp_path, app_url="https://shop.example.org", passkey_domain="example.org", allowed_origins=(front, other)
    )
    async with Shop.open(settings) as shop, client_of(shop) as client:
        ada, key = await joined(client, shop), an_authenticator(front)
        added, elsewhere = await add(ada, key), await add(ada, an_authenticator(other))

    assert added.status_code == 201
    assert refused(elsewhere) == (422, "passkey_refused")
