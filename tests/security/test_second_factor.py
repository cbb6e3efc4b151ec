"""A second factor: what it asks for, what it takes once, and what does not get around it."""

import time
from typing import Any

import httpx
import pyotp
import pytest
from tests.http.conftest import problem_of
from tests.http.people import PASSWORD, Person, joined

from shopcore.shop import Shop

pytestmark = pytest.mark.anyio


@pytest.fixture
async def ada(client: httpx.AsyncClient, shop: Shop) -> Person:
    return await joined(client, shop)


def refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, problem_of(answer)["code"]


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
