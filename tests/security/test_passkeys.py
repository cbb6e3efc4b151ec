"""Passkeys over HTTP: what they open, and every way in which one can lie."""

import httpx
import pytest
from tests.http.conftest import refused
from tests.http.people import Person, bearer, joined, mails
from tests.security.passkey_holders import INVALID, sent, shop, to_make, with_passkey

from shopcore.identity.model.passkeys import user_handle
from shopcore.kernel.ids import CustomerId
from shopcore.shop import Shop, owner
from shopcore.testing.authenticator import Lies, base64url

__all__ = ["shop"]

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("synced", [False, True])
async def test_whoever_has_a_passkey_signs_in_without_a_name(ada: Person, synced: bool) -> None:
    """With nothing but the passkey; how is told to whoever asks about the session."""
    holder = await with_passkey(ada, synced=synced)
    first, second = await holder.enter(), await holder.enter()
    sessions = (await ada.client.get("/auth/sessions", headers=bearer(first.json()["access_token"]))).json()["items"]
    (listed,) = (await ada.ask("GET", "/auth/passkeys")).json()["items"]
    mail = await ada.last_mail()

    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json()["user"]["email"] == ada.email
    assert sessions[-1]["methods"] == ["swk" if synced else "hwk", "user", "mfa", "vouched"]
    assert (listed["name"], listed["synced"], listed["transports"]) == ("My telephone", synced, ["internal"])
    assert listed["last_used_at"] is not None
    assert mail.subject == "A passkey was added to your account"


async def test_options_are_as_browsers_want_them_and_name_nobody(ada: Person) -> None:
    """Those of an account are for its owner; those to sign in with are the same for everybody but for the challenge."""
    holder = await with_passkey(ada)
    making, using = await to_make(ada), await holder.asked()
    other = await holder.asked(second_factor=True)

    assert making["rp"] == {"id": "shop.example", "name": "shop.example"}
    assert making["user"] == {"id": holder.key.user_handle, "name": ada.email, "displayName": ada.email}
    assert making["excludeCredentials"] == [
        {"id": holder.key.credential, "transports": ["internal"], "type": "public-key"}
    ]
    assert making["attestation"] == "none"
    assert making["authenticatorSelection"] == {
        "residentKey": "required",
        "requireResidentKey": True,
        "userVerification": "preferred",
    }
    assert [each["alg"] for each in making["pubKeyCredParams"]] == [-8, -7, -257]
    assert {**using, "challenge": ""} == {
        "challenge": "",
        "timeout": 300_000,
        "rpId": "shop.example",
        "userVerification": "required",
        "allowCredentials": [],
    }
    assert other["userVerification"] == "preferred"
    assert len({making["challenge"], using["challenge"], other["challenge"]}) == 3


async def test_a_guest_s_cart_is_taken_along(ada: Person) -> None:
    """As by every other way in; and cookies are given where they are asked for."""
    holder = await with_passkey(ada)
    cart = await ada.client.post("/cart/items", json={"sku": "CAP", "quantity": 1})
    entered = await holder.enter(cart=cart.headers["x-cart-token"])
    lines = (await ada.client.get("/cart", headers=bearer(entered.json()["access_token"]))).json()["lines"]
    answer = sent(holder.key.use(await holder.asked()))
    in_cookies = await ada.client.post("/auth/passkeys/sign-in?session=cookie", json=answer)

    assert [line["sku"] for line in lines] == ["CAP"]
    assert "access_token" not in in_cookies.json()
    assert len(in_cookies.headers.get_list("set-cookie")) == 3


LIES = {
    "wrong origin": Lies(origin="https://shop.example.evil.test"),
    "wrong RP id hash": Lies(domain="evil.test"),
    "no user verification": Lies(is_verified=False),
    "nobody there": Lies(is_present=False),
    "inside a frame": Lies(cross_origin=True),
    "made, not used": Lies(kind="webauthn.create"),
    "foreign user handle": Lies(user_handle=user_handle(CustomerId("01910000-0000-7000-8000-000000000000"))),
    "no user handle": Lies(user_handle=""),
    "a handle of another form": Lies(user_handle="!"),
    "a challenge of one's own": Lies(challenge=base64url(b"x" * 56)),
    "a short challenge": Lies(challenge=base64url(b"x")),
    "foreign credential": Lies(credential=b"y" * 32),
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_passkey_that_lies_opens_nothing(ada: Person, lie: str) -> None:
    """And all that anybody is told is that it did not; afterwards the truth still does."""
    holder = await with_passkey(ada)
    before = (await ada.ask("GET", "/auth/sessions")).json()

    assert refused(await holder.enter(LIES[lie])) == INVALID
    assert (await ada.ask("GET", "/auth/sessions")).json() == before
    assert (await holder.enter()).status_code == 200


async def test_a_challenge_is_good_once(ada: Person) -> None:
    """A recorded answer opens nothing, whatever the counter says: synced passkeys have none."""
    holder = await with_passkey(ada, synced=True)
    answer = holder.key.use(await holder.asked())

    assert (await holder.show(answer)).status_code == 200
    assert refused(await holder.show(answer)) == INVALID


async def test_a_challenge_of_one_is_not_another_s_too(ada: Person, client: httpx.AsyncClient, shop: Shop) -> None:
    """Two passkeys that sign the same challenge: the first one counts."""
    holder, other = await with_passkey(ada), await with_passkey(await joined(client, shop, "eve@example.com"))
    options = await holder.asked()

    assert (await holder.show(holder.key.use(options))).status_code == 200
    assert refused(await other.show(other.key.use(options))) == INVALID


async def test_a_challenge_has_one_purpose(ada: Person) -> None:
    """What was asked for beside a password does not do without, nor what was asked for to make a passkey."""
    holder = await with_passkey(ada)
    making = await to_make(ada)
    beside = holder.key.use(await holder.asked(second_factor=True))
    to_sign_in = holder.key.make({**making, "challenge": (await holder.asked())["challenge"]})
    body = {"name": "x", "id": to_sign_in.credential, "client_data": to_sign_in.client_data}
    added = await ada.ask("POST", "/auth/passkeys", json={**body, "attestation_object": to_sign_in.attestation_object})

    assert refused(await holder.show(beside)) == INVALID
    assert refused(await holder.show(holder.key.use({"rpId": "shop.example", **making}))) == INVALID
    assert refused(added) == (422, "passkey_refused")


async def test_a_copy_that_counts_behind_is_refused(ada: Person) -> None:
    """A cloned counter: two devices have the key, and one of them was here since."""
    holder = await with_passkey(ada)
    assert (await holder.enter(Lies(counter=5))).status_code == 200

    assert refused(await holder.enter(Lies(counter=5))) == (401, "passkey_copied")
    assert refused(await holder.enter(Lies(counter=4))) == (401, "passkey_copied")
    assert (await holder.enter(Lies(counter=6))).status_code == 200


async def test_who_has_a_passkey_is_told_that_it_may_have_been_copied(ada: Person, shop: Shop) -> None:
    """By one mail a day, and in the log each time, whatever it was shown for; one answer is told of once."""
    holder = await with_passkey(ada)
    await holder.enter(Lies(counter=5))
    behind = holder.key.use(await holder.asked(), Lies(counter=4))
    answers = [await holder.show(behind), await holder.show(behind), await holder.enter(Lies(counter=3))]
    told = [mail for mail in await mails(shop) if mail.subject == "One of your passkeys may have been copied"]
    (listed,) = (await ada.ask("GET", "/auth/passkeys")).json()["items"]
    entries = [one for one in (await shop.as_(owner()).audit.list()).items if one.action == "account.passkey_copied"]

    assert [refused(answer)[1] for answer in answers] == ["passkey_copied", "invalid_passkey", "passkey_copied"]
    assert [mail.to for mail in told] == [ada.email]
    assert [one.after for one in entries] == [{"refused": f"passkey:{listed['id']}"}] * 2


async def test_another_key_s_signature_is_none(ada: Person, client: httpx.AsyncClient, shop: Shop) -> None:
    """By a key that is somebody else's, under one's own name and under theirs."""
    holder, eve = await with_passkey(ada), await with_passkey(await joined(client, shop, "eve@example.com"))

    assert refused(await holder.enter(Lies(signed_by=eve.key.sign))) == INVALID
    assert refused(await eve.enter(Lies(user_handle=holder.key.user_handle))) == INVALID
    assert refused(await eve.enter(Lies(credential=holder.key.identity))) == INVALID
    as_ada = Lies(credential=holder.key.identity, user_handle=holder.key.user_handle)
    assert refused(await eve.enter(as_ada)) == INVALID
