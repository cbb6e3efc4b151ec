"""Passkeys over HTTP: what they open, and every way in which one can lie."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from tests.authenticators import ORIGIN, an_authenticator
from tests.http.conftest import PRODUCTS, client_of, problem_of, settings_for
from tests.http.people import Person, bearer, grown_old, joined, mails
from tests.security.test_second_factor import enrolled

from shop_http.app import create_app
from shopcore.identity.model import Assertion
from shopcore.identity.model.passkeys import MOST, user_handle
from shopcore.kernel.actor import Customer, Guest, StepUpRequired
from shopcore.kernel.ids import CustomerId, OrderId
from shopcore.ordering.errors import OrderNotFound
from shopcore.shop import Shop, owner
from shopcore.testing.authenticator import HONEST, Authenticator, Lies, base64url

pytestmark = pytest.mark.anyio


NOTHING: Mapping[str, str] = {}


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncGenerator[Shop]:
    """One that customers know by a name, as passkeys need."""
    async with Shop.open(settings_for(tmp_path, app_url=ORIGIN)) as opened:
        await opened.as_(owner()).catalog.import_products(file=opened.product_file(PRODUCTS))
        yield opened


@pytest.fixture
async def client(shop: Shop) -> AsyncGenerator[httpx.AsyncClient]:
    async with client_of(create_app(shop)) as opened:
        yield opened


@pytest.fixture
async def ada(client: httpx.AsyncClient, shop: Shop) -> Person:
    return await joined(client, shop)


@dataclass
class Holder:
    """Somebody with a passkey."""

    person: Person
    key: Authenticator

    async def asked(self, **body: Any) -> dict[str, Any]:
        """What a browser is given to look for a passkey by."""
        answer = await self.person.client.post("/auth/passkeys/sign-in/options", json=body or None)
        assert answer.status_code == 200, answer.text
        options: dict[str, Any] = answer.json()["public_key"]
        return options

    async def enter(self, lies: Lies = HONEST, *, cart: str = "") -> httpx.Response:
        """Sign in with it alone."""
        return await self.show(self.key.use(await self.asked(), lies), {"X-Cart-Token": cart})

    async def show(self, assertion: Assertion, headers: Mapping[str, str] = NOTHING) -> httpx.Response:
        """Send what it has signed."""
        return await self.person.client.post("/auth/passkeys/sign-in", json=sent(assertion), headers=headers)


def sent(assertion: Assertion) -> dict[str, Any]:
    """As it is sent."""
    return {
        "id": assertion.credential,
        "client_data": assertion.client_data,
        "authenticator_data": assertion.authenticator_data,
        "signature": assertion.signature,
        "user_handle": assertion.user_handle,
    }


async def to_make(person: Person) -> dict[str, Any]:
    """What a browser is given to make a passkey from."""
    answer = await person.ask("POST", "/auth/passkeys/options")
    assert answer.status_code == 200, answer.text
    options: dict[str, Any] = answer.json()["public_key"]
    return options


async def add(
    person: Person, key: Authenticator, lies: Lies = HONEST, *, name: str = "My telephone", **changes: str
) -> httpx.Response:
    """Add a passkey."""
    made = key.make(await to_make(person), lies)
    body = {
        "name": name,
        "id": made.credential,
        "client_data": made.client_data,
        "attestation_object": made.attestation_object,
        "transports": made.transports,
        **changes,
    }
    return await person.ask("POST", "/auth/passkeys", json=body)


async def with_passkey(person: Person, *, synced: bool = False) -> Holder:
    """Somebody who has just added one."""
    holder = Holder(person, an_authenticator(synced=synced))
    added = await add(person, holder.key)
    assert added.status_code == 201, added.text
    await mails(person.shop)  # of which one says so, and is sent before any that follows
    return holder


def refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, problem_of(answer)["code"]


INVALID = (401, "invalid_passkey")


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


async def test_it_stands_in_the_place_of_a_code(ada: Person) -> None:
    """Beside the password, without verifying who it is: the password has done that. What lies does not pass here."""
    await enrolled(ada)
    holder = await with_passkey(ada)

    async def shown(lies: Lies = HONEST) -> dict[str, Any]:
        return sent(holder.key.use(await holder.asked(second_factor=True), lies))

    assert refused(await ada.login()) == (401, "mfa_required")
    passed = await ada.login(passkey=await shown(Lies(is_verified=False)))
    sessions = (await ada.client.get("/auth/sessions", headers=bearer(passed.json()["access_token"]))).json()["items"]
    assert sessions[-1]["methods"] == ["pwd", "hwk", "user", "mfa", "vouched"]
    once = await shown()
    assert (await ada.login(passkey=once)).status_code == 200
    assert refused(await ada.login(passkey=once)) == INVALID
    assert refused(await ada.login(passkey=await shown(Lies(origin="https://evil.test")))) == INVALID
    assert refused(await ada.login(password="wrong password", passkey=await shown())) == (401, "invalid_credentials")
    alone = sent(holder.key.use(await holder.asked()))
    assert refused(await ada.login(passkey=alone)) == INVALID


async def test_a_passkey_can_be_what_the_password_needs_beside_it(ada: Person) -> None:
    """Without an authenticator: a passkey, or a recovery code, once; and the passkey alone, as ever."""
    assert refused(await ada.ask("POST", "/auth/mfa/passkeys")) == (409, "no_passkey")
    holder = await with_passkey(ada)
    turned_on = await ada.ask("POST", "/auth/mfa/passkeys")
    codes = turned_on.json()["recovery_codes"]

    assert (turned_on.status_code, len(codes)) == (200, 10)
    assert refused(await ada.login()) == (401, "mfa_required")
    assert refused(await ada.login(otp="287082")) == (401, "invalid_otp")
    beside = sent(holder.key.use(await holder.asked(second_factor=True), Lies(is_verified=False)))
    assert (await ada.login(passkey=beside)).status_code == 200
    assert (await ada.login(otp=codes[0])).status_code == 200
    assert refused(await ada.login(otp=codes[0])) == (401, "invalid_otp")
    assert (await holder.enter()).json()["user"]["mfa_enabled"] is True
    for path in ("/auth/mfa/passkeys", "/auth/mfa/totp"):
        assert refused(await ada.ask("POST", path)) == (409, "second_factor_on")


async def test_who_has_used_all_codes_up_is_told_how_there_are_new_ones(ada: Person) -> None:
    """Of passkeys that nobody vouched for: to sign in again would be asked for again."""
    ada.tokens = (await ada.login()).json()
    holder = await with_passkey(ada)
    codes = (await ada.ask("POST", "/auth/mfa/passkeys")).json()["recovery_codes"]

    async def renewed() -> httpx.Response:
        entered = await holder.enter()
        return await ada.client.post("/auth/mfa/recovery-codes", headers=bearer(entered.json()["access_token"]))

    early = await renewed()
    for code in codes:
        ada.tokens = (await ada.login(otp=code)).json()
    late = await renewed()
    off, on = [await ada.ask(method, "/auth/mfa/passkeys") for method in ("DELETE", "POST")]

    assert refused(early) == (401, "step_up_required")
    assert "by a code of the second factor" in problem_of(early)["detail"]
    assert refused(late) == (409, "no_codes_left")
    assert (off.status_code, on.status_code) == (204, 200)


async def test_nobody_locks_themselves_out(ada: Person) -> None:
    """The last passkey of an account that asks for one stays, until it asks no more; that takes two factors."""
    holder = await with_passkey(ada)
    (listed,) = (await ada.ask("GET", "/auth/passkeys")).json()["items"]
    place = f"/auth/passkeys/{listed['id']}"
    await ada.ask("POST", "/auth/mfa/passkeys")

    assert refused(await ada.ask("DELETE", place)) == (409, "last_passkey")
    assert refused(await ada.ask("DELETE", "/auth/mfa/passkeys")) == (401, "step_up_required")
    shown = sent(holder.key.use(await holder.asked()))
    assert (await ada.ask("POST", "/auth/passkeys/step-up", json=shown)).status_code == 204
    assert (await ada.ask("DELETE", "/auth/mfa/passkeys")).status_code == 204
    assert refused(await ada.ask("DELETE", "/auth/mfa/passkeys")) == (409, "second_factor_off")
    assert (await ada.ask("DELETE", place)).status_code == 204
    assert (await ada.login()).status_code == 200


async def test_another_s_passkey_is_no_second_factor(ada: Person, client: httpx.AsyncClient, shop: Shop) -> None:
    """Whoever has learned a password has not got the other factor by having one of their own."""
    await enrolled(ada)
    eve = await with_passkey(await joined(client, shop, "eve@example.com"))
    theirs = eve.key.use(await eve.asked(second_factor=True))
    disguised = msgspec.structs.replace(theirs, user_handle=None)

    assert refused(await ada.login(passkey=sent(theirs))) == INVALID
    assert refused(await ada.login(passkey=sent(disguised))) == INVALID


async def test_a_locked_account_stays_locked(ada: Person, shop: Shop) -> None:
    holder = await with_passkey(ada)
    account = await shop._store.accounts.find_by_email(ada.email)
    assert account is not None
    await shop.as_(owner()).people.lock(customer_id=account.id, locked=True)

    assert refused(await holder.enter()) == (403, "account_locked")


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


@pytest.mark.parametrize(("said", "entered"), [({}, 200), ({"remove_passkeys": True}, 401)])
async def test_a_reset_ends_passkeys_where_that_is_asked_for(
    ada: Person, client: httpx.AsyncClient, said: dict[str, bool], entered: int
) -> None:
    """One that somebody else has added opens the account without its password; who does not ask keeps theirs."""
    holder = await with_passkey(ada)
    await client.post("/auth/password/forgot", json={"email": ada.email})
    reset = {"token": (await ada.last_mail()).token, "password": "analytical engine", **said}
    answer = await client.post("/auth/password/reset", json=reset)
    told = await ada.last_mail()

    assert answer.status_code == 204
    assert told.subject == "Your password was changed"
    assert "passkeys" in told.text
    assert ("- My telephone (" in told.text) is (not said)
    assert (await holder.enter()).status_code == entered
    assert (await ada.login(password="analytical engine")).status_code == 200


async def test_passkeys_that_are_asked_for_leave_the_recovery_codes_behind(
    ada: Person, client: httpx.AsyncClient
) -> None:
    """A mailbox alone is no way round the second factor, though it takes the passkeys off."""
    await with_passkey(ada)
    codes = (await ada.ask("POST", "/auth/mfa/passkeys")).json()["recovery_codes"]
    await ada.last_mail()  # which says so, and is sent before the one that follows
    await client.post("/auth/password/forgot", json={"email": ada.email})
    reset = {"token": (await ada.last_mail()).token, "password": "analytical engine", "remove_passkeys": True}
    await client.post("/auth/password/reset", json=reset)

    assert refused(await ada.login(password="analytical engine")) == (401, "mfa_required")
    assert (await ada.login(password="analytical engine", otp=codes[0])).status_code == 200


async def test_a_mailbox_is_no_way_round_what_was_there_before_a_new_passkey(ada: Person) -> None:
    """Whoever replaces the one passkey that they have is asked for one, or for a recovery code, as they were before."""
    first = await with_passkey(ada)
    codes = (await ada.ask("POST", "/auth/mfa/passkeys")).json()["recovery_codes"]
    (old,) = (await ada.ask("GET", "/auth/passkeys")).json()["items"]
    await mails(ada.shop)
    await with_passkey(ada)
    link = (await ada.last_mail()).token
    ada.tokens = (await first.enter()).json()
    assert (await ada.ask("DELETE", f"/auth/passkeys/{old['id']}")).status_code == 204
    await mails(ada.shop)
    assert (await ada.client.post("/auth/mfa/disown", json={"token": link})).status_code == 204
    reset = {"token": (await ada.last_mail("Set a new password")).token, "password": "analytical engine"}
    assert (await ada.client.post("/auth/password/reset", json=reset)).status_code == 204

    assert refused(await ada.login(password="analytical engine")) == (401, "mfa_required")
    assert (await ada.login(password="analytical engine", otp=codes[0])).status_code == 200


async def test_what_a_password_alone_has_set_up_does_not_outlive_it(ada: Person, client: httpx.AsyncClient) -> None:
    """Only the thief has the recovery codes of passkeys that nobody vouched for; the owner would stay out."""
    thief = replace(ada, tokens=(await ada.login()).json())
    await with_passkey(thief)
    assert (await thief.ask("POST", "/auth/mfa/passkeys")).status_code == 200
    await ada.last_mail()  # which says so, and is sent before the one that follows
    await client.post("/auth/password/forgot", json={"email": ada.email})
    reset = {"token": (await ada.last_mail()).token, "password": "analytical engine"}
    await client.post("/auth/password/reset", json={**reset, "remove_passkeys": True})

    assert (await ada.login(password="analytical engine")).status_code == 200


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
    async with Shop.open(settings) as shop, client_of(create_app(shop)) as client:
        ada, key = await joined(client, shop), an_authenticator(front)
        added, elsewhere = await add(ada, key), await add(ada, an_authenticator(other))

    assert added.status_code == 201
    assert refused(elsewhere) == (422, "passkey_refused")
