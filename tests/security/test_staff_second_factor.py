"""A shop that asks its staff for a second factor: who has none is told to set one up, and can."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from tests.authenticators import ORIGIN
from tests.http.conftest import client_of, problem_of, refused, settings_for
from tests.http.people import Person, bearer, joined, mails
from tests.security.passkey_holders import with_passkey
from tests.security.test_second_factor import enrolled

from shopcore.access.errors import CannotGrant, SecondFactorNotVouched, SecondFactorRequired
from shopcore.access.model.members import require_second_factor
from shopcore.administration.errors import NotForOneself, NothingToVouchFor
from shopcore.kernel.actor import SignIn, Staff
from shopcore.kernel.ids import CustomerId, SessionId
from shopcore.shop import Shop, owner
from shopcore.testing.contracts.samples import NOON

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def at_work(tmp_path: Path) -> AsyncGenerator[Person]:
    """Somebody who works here and signs in by password."""
    chosen = settings_for(tmp_path, staff_second_factor="required", app_url=ORIGIN)
    async with Shop.open(chosen) as shop, client_of(shop) as client:
        person = await joined(client, shop, "grace@example.com")
        await shop.as_(owner()).people.add_colleague(email=person.email, roles=["owner"])
        person.tokens = (await person.login()).json()
        yield person


@pytest.fixture
async def grace(tmp_path: Path) -> AsyncGenerator[Person]:
    async with at_work(tmp_path) as person:
        yield person


async def test_staff_without_one_are_told_to_set_one_up(grace: Person) -> None:
    """At the door, whatever they ask; as a customer they go on."""
    answers = [await grace.ask("GET", path) for path in ("/admin/audit", "/admin/staff", "/admin/customers")]
    written = await grace.ask("POST", "/admin/api-keys", json={"name": "Any", "permissions": ["audit:read"]})

    assert {refused(answer) for answer in (*answers, written)} == {(403, "second_factor_required")}
    assert "POST /auth/mfa/totp" in problem_of(written)["detail"]
    assert (await grace.ask("GET", "/me")).status_code == 200


async def test_they_can_and_then_they_act(grace: Person) -> None:
    """Once the mailbox has said that it was they. The session from before shows nothing of it; the next one does."""
    authenticator, _ = await enrolled(grace)
    before = await grace.ask("GET", "/admin/audit")
    said = await say(grace, "vouch")
    entered = await grace.login(otp=authenticator.code())
    listed = await grace.client.get("/admin/staff", headers=bearer(entered.json()["access_token"]))

    assert refused(before) == (403, "second_factor_required")
    assert said.status_code == 204
    assert [(each["has_second_factor"], each["is_vouched_for"]) for each in listed.json()["items"]] == [(True, True)]


async def say(person: Person, what: str) -> httpx.Response:
    """From the mailbox, by the link of the last mail."""
    token = (await person.last_mail()).token
    return await person.client.post(f"/auth/mfa/{what}", json={"token": token})


async def _thief_of(person: Person) -> Person:
    """Somebody who knows the password and no more, with a first factor and a passkey of their own."""
    thief = replace(person, tokens=(await person.login()).json())
    holder = await with_passkey(thief)
    by_passkey = (await holder.enter()).json()
    authenticator, _ = await enrolled(thief)
    thief.tokens = (await thief.login(otp=authenticator.code())).json()
    for entered in (by_passkey, thief.tokens):
        answer = await thief.client.get("/admin/customers", headers=bearer(entered["access_token"]))
        assert refused(answer) == (403, "second_factor_not_vouched")
    return thief


@pytest.mark.parametrize("said", ["A second factor protects your account", "A passkey was added to your account"])
async def test_whoever_has_only_the_password_sets_up_nothing_that_counts(grace: Person, said: str) -> None:
    """Neither a factor nor a passkey opens what staff may do, however long: the mailbox takes both off at once.

    The password goes with them, so that they do not come back at once; the mailbox sets another one.
    """
    thief = await _thief_of(grace)
    told = [mail for mail in await mails(grace.shop) if mail.subject == said]
    off = await grace.client.post("/auth/mfa/disown", json={"token": told[-1].token})
    back_in = await thief.login()
    (reset, *_) = [mail for mail in await mails(grace.shop) if mail.subject == "Set a new password"]
    chosen = {"token": reset.token, "password": "analytical engine"}
    answered = await grace.client.post("/auth/password/reset", json=chosen)
    grace.tokens = (await grace.login(password="analytical engine")).json()

    assert (off.status_code, answered.status_code) == (204, 204)
    assert refused(back_in) == (401, "invalid_credentials")
    assert refused(await thief.ask("GET", "/me"))[0] == 401
    assert (await grace.ask("GET", "/auth/passkeys")).json()["items"] == []
    assert (await grace.ask("GET", "/me")).json()["mfa_enabled"] is False


@pytest.mark.parametrize("asks_for", ["an authenticator", "passkeys"])
async def test_a_passkey_that_does_not_count_gets_no_codes_that_do(grace: Person, asks_for: str) -> None:
    """New recovery codes of a factor that counts are for who has shown one that does; its owner is told of them.

    Of one that may count later they are for who has shown a code of it.
    """
    thief = replace(grace, tokens=(await grace.login()).json())
    holder = await with_passkey(thief)
    await grace.last_mail()
    if asks_for == "passkeys":
        await with_passkey(grace)
        await grace.last_mail()  # of the passkeys, so that the one of the factor is the last one
        codes = (await grace.ask("POST", "/auth/mfa/passkeys")).json()["recovery_codes"]
        await grace.last_mail()
    else:
        _, codes = await enrolled(grace)
    thief.tokens = (await holder.enter()).json()
    too_early = await thief.ask("POST", "/auth/mfa/recovery-codes")
    assert (await say(grace, "vouch")).status_code == 204
    taken = await thief.ask("POST", "/auth/mfa/recovery-codes")
    grace.tokens = (await grace.login(otp=codes[0])).json()
    renewed = await grace.ask("POST", "/auth/mfa/recovery-codes")

    assert refused(too_early) == refused(taken) == (401, "step_up_required")
    assert renewed.status_code == 200
    assert [mail.subject for mail in await mails(grace.shop)].count("Your account has new recovery codes") == 1


async def test_what_is_set_up_by_a_mailed_link_s_session_or_beside_what_counts_counts(grace: Person) -> None:
    """A mailbox has vouched already; what comes later is vouched for by what there was."""
    authenticator, _ = await enrolled(grace)
    await say(grace, "vouch")
    grace.tokens = (await grace.login(otp=authenticator.code())).json()
    holder = await with_passkey(grace)
    heda = await joined(grace.client, grace.shop, "heda@example.com")
    await grace.ask("POST", "/admin/staff", json={"email": heda.email, "roles": ["support"]})
    heda_s = await with_passkey(heda)

    for entered in (await holder.enter(), await heda_s.enter()):
        answer = await grace.client.get("/admin/customers", headers=bearer(entered.json()["access_token"]))
        assert answer.status_code == 200


async def test_a_colleague_can_vouch_who_may_do_as_much(grace: Person) -> None:
    """Not for themselves, not for more than they hold, not for nothing; on the shop's machine it is `shop staff`."""
    heda = await joined(grace.client, grace.shop, "heda@example.com")
    people = grace.shop.as_(owner()).people
    colleague = await people.add_colleague(email=heda.email, roles=["owner"])
    mine = (await people.find(email=grace.email)).id
    with pytest.raises(NothingToVouchFor):
        await people.vouch_for_colleague(customer_id=mine, proofs=["any"])
    await enrolled(grace)
    hers = await _set_up_by(grace.shop, mine)
    manager = Staff(name=colleague.id, permissions=frozenset({"staff:write", "customers:read"}))
    with pytest.raises(CannotGrant):
        await grace.shop.as_(manager).people.vouch_for_colleague(customer_id=mine, proofs=hers)
    with pytest.raises(NotForOneself):
        await grace.shop.as_(Staff(name=mine, permissions=frozenset({"*"}))).people.vouch_for_colleague(
            customer_id=mine, proofs=hers
        )
    holder = await with_passkey(heda)
    heda.tokens = (await holder.enter()).json()
    vouched = await heda.ask("POST", f"/admin/staff/{mine}/vouch", json={"proofs": hers})
    listed = await heda.ask("GET", "/admin/staff")

    assert vouched.status_code == 204
    assert {each["is_vouched_for"] for each in listed.json()["items"]} == {True}


async def _set_up_by(shop: Shop, customer_id: CustomerId) -> list[str]:
    """What a colleague sees of it."""
    page = await shop.as_(owner()).people.list_colleagues(limit=100)
    return [proof.name for each in page.items if each.id == customer_id for proof in each.proofs]


async def test_a_colleague_vouches_for_what_they_have_seen(grace: Person) -> None:
    """A stranger's beside it, or one that came while they asked, stops them; nothing counts by halves."""
    before = replace(grace, tokens=(await grace.login()).json())
    await enrolled(grace)
    heda = await joined(grace.client, grace.shop, "heda@example.com")
    await grace.shop.as_(owner()).people.add_colleague(email=heda.email, roles=["owner"])
    heda.tokens = (await (await with_passkey(heda)).enter()).json()
    (seen, *_) = (await heda.ask("GET", "/admin/staff")).json()["items"]
    thief = await with_passkey(before)
    place, named = f"/admin/staff/{seen['id']}/vouch", [proof["id"] for proof in seen["proofs"]]
    answers = [await heda.ask("POST", place, json={"proofs": each}) for each in (named, [*named, "another"])]
    none = await heda.ask("POST", place, json={"proofs": []})
    (after, *_) = (await heda.ask("GET", "/admin/staff")).json()["items"]

    assert [(each["kind"], each["is_vouched_for"]) for each in seen["proofs"]] == [("authenticator", False)]
    assert [refused(each) for each in answers] == [(409, "other_proofs")] * 2
    assert none.status_code == 422
    assert [each["kind"] for each in after["proofs"]] == ["authenticator", "passkey"]
    assert after["is_vouched_for"] is False
    before.tokens = (await thief.enter()).json()
    assert refused(await before.ask("GET", "/admin/staff")) == (403, "second_factor_not_vouched")


async def test_a_factor_that_counts_takes_its_sessions_along(grace: Person) -> None:
    """A passkey is left, which nobody vouched for: two factors, and not known to be the owner's."""
    thief = await with_passkey(grace)
    authenticator, codes = await enrolled(grace)
    await say(grace, "vouch")
    grace.tokens = (await grace.login(otp=authenticator.code())).json()
    before = await grace.ask("GET", "/admin/staff")
    await grace.ask("DELETE", "/auth/mfa/totp", json={"password": grace.password, "code": codes[0]})

    assert before.status_code == 200
    assert refused(await grace.ask("GET", "/admin/staff")) == (403, "second_factor_not_vouched")
    assert (await thief.enter()).status_code == 200


async def test_a_refreshed_session_shows_no_better_who_they_are(grace: Person) -> None:
    refreshed = await grace.client.post("/auth/refresh", json={"refresh_token": grace.tokens["refresh_token"]})
    answer = await grace.client.get("/admin/audit", headers=bearer(refreshed.json()["access_token"]))

    assert refused(answer) == (403, "second_factor_required")


async def test_whoever_gives_the_factor_up_gives_up_what_it_opened(grace: Person) -> None:
    """At once, in every session that showed it, and for good: a refreshed one shows no more."""
    authenticator, codes = await enrolled(grace)
    await say(grace, "vouch")
    grace.tokens = (await grace.login(otp=authenticator.code())).json()
    before = await grace.ask("GET", "/admin/staff")
    removed = await grace.ask("DELETE", "/auth/mfa/totp", json={"password": grace.password, "code": codes[0]})
    after = await grace.ask("GET", "/admin/staff")
    refreshed = await grace.client.post("/auth/refresh", json={"refresh_token": grace.tokens["refresh_token"]})
    later = await grace.client.get("/admin/staff", headers=bearer(refreshed.json()["access_token"]))

    assert (before.status_code, removed.status_code) == (200, 204)
    assert refused(after) == refused(later) == (403, "second_factor_required")
    assert (await grace.ask("GET", "/me")).status_code == 200


async def test_so_does_whoever_gives_the_last_passkey_up(grace: Person) -> None:
    """While there is another one, that one speaks for them."""
    keys = [await with_passkey(grace) for _ in range(2)]
    mine = (await grace.ask("GET", "/me")).json()["id"]
    both = await _set_up_by(grace.shop, mine)
    await grace.shop.as_(owner()).people.vouch_for_colleague(customer_id=mine, proofs=both)
    grace.tokens = (await keys[0].enter()).json()
    places = [f"/auth/passkeys/{each['id']}" for each in (await grace.ask("GET", "/auth/passkeys")).json()["items"]]
    answers = []
    for place in places:
        assert (await grace.ask("DELETE", place)).status_code == 204
        answers.append((await grace.ask("GET", "/admin/staff")).status_code)

    assert answers == [200, 403]


@pytest.mark.parametrize("methods", [("pwd",), ("mail",), ("hwk", "user"), ()])
def test_one_factor_is_not_two(methods: tuple[str, ...]) -> None:
    """Nor a simple security key alone, which verifies nobody. On the shop's machine nobody is asked."""
    with pytest.raises(SecondFactorRequired):
        require_second_factor(SignIn(session_id=SessionId("s"), at=NOON, methods=methods))
    with pytest.raises(SecondFactorNotVouched):
        require_second_factor(SignIn(session_id=SessionId("s"), at=NOON, methods=("pwd", "otp", "mfa")))
    require_second_factor(SignIn(session_id=SessionId("s"), at=NOON, methods=("pwd", "otp", "mfa", "vouched")))
    require_second_factor(None)
