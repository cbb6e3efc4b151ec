"""A second factor: what it asks for, what it takes once, and what does not get around it."""

import time
from datetime import timedelta
from typing import Any

import httpx
import pyotp
import pytest
from tests.http.conftest import refused
from tests.http.people import PASSWORD, Person, bearer, grown_old, joined, mails

from shopcore.access.errors import CannotGrant
from shopcore.administration.errors import PersonNotFound
from shopcore.delegation.model import ClientProof
from shopcore.identity.errors import SecondFactorOff
from shopcore.identity.model import Purpose
from shopcore.identity.model.links import link, read_link, token_of
from shopcore.kernel.actor import Guest, SignIn, Staff, StepUpRequired
from shopcore.kernel.ids import CustomerId, SessionId
from shopcore.shop import Shop, owner

pytestmark = pytest.mark.anyio


class Authenticator:
    """An authenticator of somebody, whose codes are of steps that were not used yet."""

    def __init__(self, secret: str) -> None:
        self.totp = pyotp.TOTP(secret)
        self.step = int(time.time()) // 30 - 1

    def code(self) -> str:
        """The code of the next step; the shop takes one of the step before, of this one and of the next."""
        code = self.totp.generate_otp(self.step)
        self.step += 1
        return code

    def wrong(self) -> str:
        """No code of any step near."""
        near = {self.totp.generate_otp(self.step + offset) for offset in range(-5, 6)}
        return next(code for code in (f"{number:06}" for number in range(100)) if code not in near)


async def enrolled(person: Person) -> tuple[Authenticator, list[str]]:
    """Whoever uses an authenticator from now on, and their recovery codes."""
    begun = await person.ask("POST", "/auth/mfa/totp")
    assert begun.status_code == 200, begun.text
    authenticator = Authenticator(begun.json()["secret"])
    confirmed = await person.ask("POST", "/auth/mfa/totp/confirm", json={"code": authenticator.code()})
    assert confirmed.status_code == 200, confirmed.text
    await person.last_mail()  # which says so, and is sent before any that follows
    return authenticator, confirmed.json()["recovery_codes"]


async def test_nothing_asks_for_codes_until_one_was_confirmed(ada: Person) -> None:
    """A secret that was never scanned locks nobody out; a second try makes a new one."""
    first, second = [(await ada.ask("POST", "/auth/mfa/totp")).json() for _ in range(2)]
    wrong = await ada.ask("POST", "/auth/mfa/totp/confirm", json={"code": Authenticator(second["secret"]).wrong()})
    of_the_first = Authenticator(first["secret"]).code()

    assert set(first) == {"secret", "otpauth_uri"}
    assert first["secret"] in first["otpauth_uri"]
    assert first["secret"] != second["secret"]
    assert refused(wrong) == (401, "invalid_otp")
    assert refused(await ada.ask("POST", "/auth/mfa/totp/confirm", json={"code": of_the_first})) == (401, "invalid_otp")
    assert (await ada.login()).status_code == 200
    assert (await ada.ask("GET", "/me")).json()["mfa_enabled"] is False


async def test_a_password_alone_is_not_enough(ada: Person) -> None:
    """And who does not know it is not told that there is more to know."""
    authenticator, codes = await enrolled(ada)
    told = await ada.last_mail()
    without, wrong = await ada.login(), await ada.login(otp=authenticator.wrong())
    blind = await ada.login(password="wrong password", otp=authenticator.code())
    right = await ada.login(otp=authenticator.code())

    assert told.subject == "A second factor protects your account"
    assert (len(codes), len(set(codes))) == (10, 10)
    assert refused(without) == (401, "mfa_required")
    assert refused(wrong) == (401, "invalid_otp")
    assert refused(blind) == (401, "invalid_credentials")
    assert right.status_code == 200
    assert right.json()["user"]["mfa_enabled"] is True


async def test_a_code_is_good_once(ada: Person) -> None:
    """Somebody who reads it over a shoulder is too late, and so is the code that confirmed the authenticator."""
    authenticator, _ = await enrolled(ada)
    confirming = authenticator.totp.generate_otp(authenticator.step - 1)
    code = authenticator.code()

    assert refused(await ada.login(otp=confirming)) == (401, "invalid_otp")
    assert (await ada.login(otp=code)).status_code == 200
    assert refused(await ada.login(otp=code)) == (401, "invalid_otp")
    assert refused(await ada.login(otp=confirming)) == (401, "invalid_otp")


async def test_a_recovery_code_is_good_once(ada: Person) -> None:
    """As people copy it; the others stay."""
    _, (first, second, *_rest) = await enrolled(ada)

    assert (await ada.login(otp=first.upper().replace("-", " "))).status_code == 200
    assert refused(await ada.login(otp=first)) == (401, "invalid_otp")
    assert (await ada.login(otp=second)).status_code == 200
    assert refused(await ada.login(otp=second[:-1])) == (401, "invalid_otp")


async def test_a_new_password_by_mail_does_not_get_around_it(ada: Person, client: httpx.AsyncClient) -> None:
    """A mailbox is no proof of the authenticator."""
    authenticator, _ = await enrolled(ada)
    await client.post("/auth/password/forgot", json={"email": ada.email})
    reset = {"token": (await ada.last_mail()).token, "password": "analytical engine"}
    await client.post("/auth/password/reset", json=reset)

    assert refused(await ada.login(password="analytical engine")) == (401, "mfa_required")
    assert (await ada.login(password="analytical engine", otp=authenticator.code())).status_code == 200


async def test_removing_it_needs_what_signing_in_needs(ada: Person) -> None:
    """A device left open does not suffice; afterwards the password does."""
    authenticator, codes = await enrolled(ada)
    wrongs: list[dict[str, Any]] = [
        {"password": "wrong password", "code": codes[0]},
        {"password": PASSWORD, "code": authenticator.wrong()},
    ]
    answers = [await ada.ask("DELETE", "/auth/mfa/totp", json=wrong) for wrong in wrongs]
    removed = await ada.ask("DELETE", "/auth/mfa/totp", json={"password": PASSWORD, "code": codes[0]})
    again = await ada.ask("DELETE", "/auth/mfa/totp", json={"password": PASSWORD, "code": codes[1]})

    assert [refused(answer) for answer in answers] == [(401, "invalid_credentials"), (401, "invalid_otp")]
    assert removed.status_code == 204
    assert refused(again) == (409, "second_factor_off")
    assert (await ada.login()).status_code == 200
    assert (await ada.last_mail()).subject == "The second factor of your account was removed"


async def test_one_in_use_is_not_replaced(ada: Person) -> None:
    """By whoever finds a device open: neither begun anew nor confirmed again."""
    authenticator, _ = await enrolled(ada)

    assert refused(await ada.ask("POST", "/auth/mfa/totp")) == (409, "second_factor_on")
    confirming = await ada.ask("POST", "/auth/mfa/totp/confirm", json={"code": authenticator.code()})
    assert refused(confirming) == (409, "second_factor_on")
    (first, *_) = (await ada.ask("GET", "/auth/sessions")).json()["items"]
    assert first["methods"] == ["mail"]


async def test_guessing_codes_is_bounded(ada: Person) -> None:
    """By the bound on tries at the account: a million codes are not tried five at a time."""
    authenticator, _ = await enrolled(ada)
    answers = [await ada.login(otp=authenticator.wrong()) for _ in range(11)]

    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 6
    assert refused(answers[-1]) == (429, "too_many_attempts")
    assert int(answers[-1].headers["retry-after"]) >= 1


async def test_a_device_left_open_does_not_lock_its_owner_out(ada: Person, shop: Shop) -> None:
    """A factor of whoever found it is neither begun nor confirmed, unless they have just signed in."""
    secret = (await ada.ask("POST", "/auth/mfa/totp")).json()["secret"]
    await grown_old(shop, ada)
    begun = await ada.ask("POST", "/auth/mfa/totp")
    confirmed = await ada.ask("POST", "/auth/mfa/totp/confirm", json={"code": Authenticator(secret).code()})

    assert refused(begun) == (401, "step_up_required")
    assert refused(confirmed) == (401, "step_up_required")
    assert (await ada.login()).status_code == 200


async def test_guessing_codes_to_remove_it_is_bounded(ada: Person) -> None:
    """Whoever knows the password wipes no slate by it, neither here nor where it alone is asked for."""
    authenticator, codes = await enrolled(ada)
    answers = []
    for number in range(8):
        if number == 4:
            changed = await ada.ask("POST", "/auth/password/change", json={"current": PASSWORD, "new": PASSWORD})
            assert changed.status_code == 204, changed.text
        wrong = {"password": PASSWORD, "code": authenticator.wrong()}
        answers.append(await ada.ask("DELETE", "/auth/mfa/totp", json=wrong))
    right = await ada.ask("DELETE", "/auth/mfa/totp", json={"password": PASSWORD, "code": codes[0]})

    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 3
    assert refused(right) == (429, "too_many_attempts")
    assert int(right.headers["retry-after"]) >= 1


async def test_staff_remove_one_that_was_lost(ada: Person, shop: Shop) -> None:
    """Every session ends, the customer is told, it is in the log, and the password suffices."""
    await enrolled(ada)
    customer_id = CustomerId(ada.tokens["user"]["id"])
    await shop.as_(owner()).people.lift_second_factor(customer_id=customer_id)
    (entry, *_) = (await shop.as_(owner()).audit.list()).items

    assert (entry.action, entry.actor) == ("customer.remove_second_factor", "staff:owner")
    assert (await ada.ask("GET", "/me")).status_code == 401
    assert (await ada.last_mail()).subject == "The second factor of your account was removed"
    assert (await ada.login()).status_code == 200
    with pytest.raises(SecondFactorOff):
        await shop.as_(owner()).people.lift_second_factor(customer_id=customer_id)
    with pytest.raises(PersonNotFound):
        await shop.as_(owner()).people.lift_second_factor(customer_id=CustomerId("nobody"))


async def test_nobody_removes_one_to_rise_by_it(ada: Person, shop: Shop) -> None:
    """An owner's second factor is an owner's matter, and a session of yesterday removes nobody's."""
    await enrolled(ada)
    customer_id, now = CustomerId(ada.tokens["user"]["id"]), shop.clock.now()
    await shop.as_(owner()).people.add_colleague(email=ada.email, roles=("owner",))
    support = Staff(name="support", permissions=frozenset({"customers:write"}))
    old = SignIn(session_id=SessionId("old"), at=now - timedelta(days=1))
    yesterdays = Staff(name="yesterdays", permissions=frozenset({"*"}), sign_in=old)

    with pytest.raises(CannotGrant):
        await shop.as_(support).people.lift_second_factor(customer_id=customer_id)
    with pytest.raises(StepUpRequired):
        await shop.as_(yesterdays).people.lift_second_factor(customer_id=customer_id)
    assert refused(await ada.login()) == (401, "mfa_required")


async def test_no_key_removes_one(ada: Person, shop: Shop) -> None:
    """One that leaks, and a list of passwords, would be accounts: nobody is asked to sign in for it."""
    await enrolled(ada)
    _, key = await shop.as_(owner()).access.create_api_key(name="Till", permissions=["customers:write"])
    system, secret = await shop.as_(owner()).oauth.add_client(name="Books", scopes=["customers:write"])
    proof = ClientProof(client_id=system.id, secret=secret)
    token = (await shop.as_(Guest()).oauth.issue_client_token(client=proof)).access_token
    place = f"/admin/customers/{ada.tokens['user']['id']}/second-factor"
    answers = [await ada.client.delete(place, headers=bearer(each)) for each in (key, token)]

    assert [refused(answer) for answer in answers] == [(403, "not_for_apps")] * 2
    assert refused(await ada.login()) == (401, "mfa_required")


async def _disown(person: Person, token: str) -> httpx.Response:
    return await person.client.post("/auth/mfa/disown", json={"token": token})


async def test_the_mailbox_takes_off_what_a_thief_has_set_up(ada: Person) -> None:
    """Whatever they have done to the password meanwhile, which goes too; every session ends."""
    await enrolled(ada)
    changed = {"current": PASSWORD, "new": "analytical engine"}
    await ada.ask("POST", "/auth/password/change", json=changed)
    mail = [each for each in await mails(ada.shop) if each.subject == "A second factor protects your account"][-1]
    off = await _disown(ada, mail.token)
    told = {each.subject: each for each in await mails(ada.shop)}
    back_in = await ada.login(password="analytical engine")
    reset = {"token": told["Set a new password"].token, "password": PASSWORD}
    await ada.client.post("/auth/password/reset", json=reset)

    assert mail.link.startswith(f"{ada.shop.settings.app_url}/sign-in-change#token=")
    assert off.status_code == 204
    assert (await ada.ask("GET", "/me")).status_code == 401
    assert "The second factor of your account was removed" in told
    assert refused(back_in) == (401, "invalid_credentials")
    assert (await ada.login()).status_code == 200


async def test_such_a_link_is_for_one_factor_and_one_day(ada: Person, shop: Shop) -> None:
    """Neither for the next factor, nor for another account, nor for longer, nor for anything else."""
    _, codes = await enrolled(ada)
    token = (await ada.last_mail()).token
    account = await shop._store.accounts.find_by_email(ada.email)
    assert account is not None
    said = link(Purpose.PROOF, account, shop.clock.now() - timedelta(days=1), read_link(token, Purpose.PROOF).subject)
    old = token_of(shop._world.signer, said, account)
    reset = await ada.client.post("/auth/password/reset", json={"token": token, "password": "analytical engine"})
    removed = await ada.ask("DELETE", "/auth/mfa/totp", json={"password": PASSWORD, "code": codes[0]})
    late = await _disown(ada, old)
    await enrolled(ada)
    spent = [await _disown(ada, token), await ada.client.post("/auth/mfa/vouch", json={"token": token})]

    assert removed.status_code == 204
    assert {refused(answer) for answer in (reset, late, *spent)} == {(422, "invalid_link")}
    assert refused(await _disown(ada, "no token")) == (422, "invalid_link")
    assert refused(await ada.login()) == (401, "mfa_required")


async def test_staff_remove_one_over_http(ada: Person, shop: Shop) -> None:
    """Who may write customers, and has just signed in."""
    await enrolled(ada)
    support = await joined(ada.client, shop, "grace@example.com")
    await shop.as_(owner()).people.add_colleague(email=support.email, roles=("manager",))
    place = f"/admin/customers/{ada.tokens['user']['id']}/second-factor"
    answers = [await support.ask("DELETE", place), await support.ask("DELETE", place)]

    assert answers[0].status_code == 204
    assert refused(answers[1]) == (409, "second_factor_off")
    assert (await ada.login()).status_code == 200


async def test_new_recovery_codes_take_the_place_of_the_old_ones(ada: Person) -> None:
    """Needs both factors; how many are left is shown."""
    none = (await ada.ask("GET", "/auth/mfa/recovery-codes")).json()
    authenticator, codes = await enrolled(ada)
    early = await ada.ask("POST", "/auth/mfa/recovery-codes")
    ada.tokens = (await ada.login(otp=codes[0])).json()
    left = (await ada.ask("GET", "/auth/mfa/recovery-codes")).json()
    renewed = (await ada.ask("POST", "/auth/mfa/recovery-codes")).json()["recovery_codes"]
    old, new = [(await ada.login(otp=code)).status_code for code in (codes[1], renewed[1])]

    assert refused(early) == (401, "step_up_required")
    assert (none, left) == ({"left": 0}, {"left": 9})
    assert (len(set(renewed) - set(codes)), old, new) == (10, 401, 200)
    assert (await ada.login(otp=authenticator.code())).status_code == 200
    removed = await ada.ask("DELETE", "/auth/mfa/totp", json={"password": PASSWORD, "code": renewed[0]})
    assert removed.status_code == 204
