"""Passkeys beside passwords: in the place of a code, and when either is lost or stolen."""

from dataclasses import replace
from typing import Any

import httpx
import msgspec
import pytest
from tests.http.conftest import problem_of, refused
from tests.http.people import Person, bearer, joined, mails
from tests.security.passkey_holders import INVALID, sent, shop, with_passkey
from tests.security.test_second_factor import enrolled

from shopcore.shop import Shop, owner
from shopcore.testing.authenticator import HONEST, Lies

__all__ = ["shop"]

pytestmark = pytest.mark.anyio


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
