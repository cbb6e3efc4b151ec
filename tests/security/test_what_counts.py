"""What somebody vouched for, and what nobody did: the second takes nothing off the first, and gets nothing of it."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from tests.http.conftest import problem_of, refused
from tests.http.people import Person, joined
from tests.security.passkey_holders import with_passkey
from tests.security.test_second_factor import enrolled
from tests.security.test_staff_second_factor import at_work, say

from shopcore.identity.model import Device, SecondFactor
from shopcore.identity.model.proofs import proofs_of, require_as_good, vouch
from shopcore.identity.steps import Entering, KnowPassword
from shopcore.kernel.actor import Guest, SignIn, StepUpRequired
from shopcore.kernel.ids import SessionId
from shopcore.shop import owner
from shopcore.testing.contracts.identity_samples import an_account
from shopcore.testing.contracts.samples import NOON

pytestmark = pytest.mark.anyio


@pytest.fixture
async def grace(tmp_path: Path) -> AsyncGenerator[Person]:
    async with at_work(tmp_path) as person:
        yield person


async def test_only_what_counts_takes_off_what_counts(grace: Person) -> None:
    """Neither the password, in a session of before, nor a passkey that it has set up: the owner would be left out."""
    thief = replace(grace, tokens=(await grace.login()).json())
    by_password = thief.tokens
    planted = await with_passkey(thief)
    await grace.last_mail()
    hers = await with_passkey(grace)
    assert (await say(grace, "vouch")).status_code == 204
    grace.tokens = (await hers.enter()).json()
    assert (await grace.ask("POST", "/auth/mfa/passkeys")).status_code == 200
    theirs, own = (
        f"/auth/passkeys/{each['id']}" for each in (await grace.ask("GET", "/auth/passkeys")).json()["items"]
    )
    tried = []
    for thief.tokens in (by_password, (await planted.enter()).json()):
        tried += [await thief.ask("DELETE", place) for place in (own, "/auth/mfa/passkeys")]
    done = [await grace.ask("DELETE", place) for place in (theirs, "/auth/mfa/passkeys", own)]

    assert {refused(each) for each in tried} == {(401, "step_up_required")}
    assert "known to be theirs" in problem_of(tried[-1])["detail"]
    assert [each.status_code for each in done] == [204, 204, 204]


async def test_a_password_alone_takes_nobody_off_the_staff(grace: Person) -> None:
    """What a member's keys and integrations do would end with their account."""
    heda = await joined(grace.client, grace.shop, "heda@example.com")
    await grace.shop.as_(owner()).people.add_colleague(email=heda.email, roles=["owner"])
    by_password = await grace.ask("DELETE", "/me")
    holder = await with_passkey(grace)
    assert (await say(grace, "vouch")).status_code == 204
    grace.tokens = (await holder.enter()).json()

    assert refused(by_password) == (403, "second_factor_required")
    assert (await grace.ask("DELETE", "/me")).status_code == 204


async def test_a_code_of_a_factor_that_is_gone_gets_none_of_the_next_one(grace: Person) -> None:
    """Whoever knew the password had one of their own before, and a passkey, which keeps their session one of two."""
    thief = replace(grace, tokens=(await grace.login()).json())
    await with_passkey(thief)
    theirs, codes = await enrolled(thief)
    thief.tokens = (await thief.login(otp=theirs.code())).json()
    gone = await thief.ask("DELETE", "/auth/mfa/totp", json={"password": thief.password, "code": codes[0]})
    await enrolled(grace)
    taken = await thief.ask("POST", "/auth/mfa/recovery-codes")

    assert gone.status_code == 204
    assert refused(taken) == (401, "step_up_required")


@dataclass(frozen=True, kw_only=True)
class VouchedMeanwhile(KnowPassword):
    """While a password was looked at, somebody vouched for the factor."""

    async def __call__(self, email: str, password: str, device: Device, now: datetime) -> Entering:
        known = await super().__call__(email, password, device, now)
        (proof,) = proofs_of(known.account)
        await self.accounts.update(known.account.id, lambda held: vouch(held, now, proof.name))
        return known


async def test_a_code_is_worth_what_its_factor_is_when_it_is_taken(grace: Person) -> None:
    authenticator, _ = await enrolled(grace)
    sign_in = grace.shop._cases.accounts.sign_in
    known = sign_in.know_password
    slow = VouchedMeanwhile(accounts=known.accounts, passwords=known.passwords, bound_guesses=known.bound_guesses)
    entered = await replace(sign_in, know_password=slow)(
        Guest(), email=grace.email, password=grace.password, otp=authenticator.code()
    )

    assert entered.session.methods == ("pwd", "otp", "mfa", "vouched")


def test_a_code_counts_for_the_factor_that_it_is_of() -> None:
    """Of one that was taken into use later it shows nothing, whatever became of the session."""
    factor = SecondFactor(secret="S", confirmed_at=NOON, recovery=("code",))
    account = msgspec.structs.replace(an_account("grace"), second_factor=factor)
    for minutes, is_good in ((-1, False), (0, True), (1, True)):
        at = NOON + timedelta(minutes=minutes)
        came = SignIn(session_id=SessionId("s"), at=at, methods=("pwd", "otp", "mfa"))
        if is_good:
            require_as_good(account, came)
        else:
            with pytest.raises(StepUpRequired):
                require_as_good(account, came)
