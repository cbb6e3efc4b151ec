"""Gateways: the bogus one and Stripe, and ones with a mistake."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import pytest
from tests.contracts.bank import (
    Bank,
    BelievesEverybody,
    BelievesForEver,
    ChargesPerCall,
    FindsWhatItSawLast,
    ForgetsCancellations,
    HidesRefunds,
    ListsWhatIsOfAnybody,
    LooksBeforeItCharges,
    RefundsPerCall,
    a_bank,
)
from tests.contracts.stripe_party import (
    BelievesStripe,
    BelievesTheFuture,
    ChecksNoBody,
    CountsByIso,
    KeysPerCall,
    KnowsNoRefunds,
    ListsTheFirstPage,
    LooksAtThePayment,
    NeverForgets,
    RefundsTheLatestAttempt,
    RefundsUnderNewKeys,
    SaysThatItIsLetGo,
    StripeParty,
    TakesTheWhole,
    VoidsInWords,
    a_stripe,
)

from shopcore.adapters.bogus.books import MEMORY
from shopcore.adapters.bogus.gateway import BogusGateway
from shopcore.adapters.stripe.gateway import StripeGateway
from shopcore.kernel.money import Money
from shopcore.payments.ports import PaymentGateway
from shopcore.testing.contracts.gateway import GatewayContract, RemoteParty, assert_taken
from shopcore.testing.stripe_double import Fault

pytestmark = pytest.mark.anyio

Mistake: TypeAlias = tuple[type[BogusGateway], str]
MISTAKES: tuple[Mistake, ...] = (
    (ChargesPerCall, "test_a_key_is_charged_once"),
    (LooksBeforeItCharges, "test_a_key_is_charged_once"),
    (ForgetsCancellations, "test_cancelling_the_unseen_burns_its_key"),
    (ForgetsCancellations, "test_begin_and_cancel_agree_at_the_same_moment"),
    (FindsWhatItSawLast, "test_an_attempt_is_found_by_its_reference"),
    (RefundsPerCall, "test_a_refund_is_given_once_per_key"),
    (HidesRefunds, "test_it_lists_what_it_moved"),
    (ListsWhatIsOfAnybody, "test_it_lists_what_it_moved_for_one_payment"),
    (HidesRefunds, "test_it_lists_what_is_of_a_time"),
    (BelievesEverybody, "test_a_forged_or_old_webhook_is_refused"),
    (BelievesForEver, "test_a_forged_or_old_webhook_is_refused"),
)


class TestBogusGateway(GatewayContract):
    @pytest.fixture(params=["memory", "file"])
    async def bank(self, request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bank]:
        async with a_bank(MEMORY if request.param == "memory" else tmp_path / "bogus.db") as bank:
            yield bank

    @pytest.fixture
    def gateway(self, bank: Bank) -> PaymentGateway:
        return bank.gateway()

    @pytest.fixture
    def remote(self, bank: Bank) -> RemoteParty:
        return bank


@pytest.mark.parametrize(("kind", "check"), MISTAKES)
async def test_a_gateway_with_a_mistake_is_noticed(kind: type[BogusGateway], check: str) -> None:
    """Each by the check that is there for it; the gateway without the mistake passes the same check."""
    contract = GatewayContract()
    async with a_bank() as bank:
        await getattr(contract, check)(bank.gateway(), bank)

        with pytest.raises((AssertionError, pytest.fail.Exception)):
            await getattr(contract, check)(bank.gateway(kind), bank)


class TestStripeGateway(GatewayContract):
    """Also where the first answer to whatever is asked breaks off, be it that all was done or nothing."""

    @pytest.fixture(params=[None, Fault.HALF_AN_ANSWER, Fault.HALF_AN_ERROR])
    async def party(self, request: pytest.FixtureRequest) -> AsyncIterator[StripeParty]:
        async with a_stripe() as party:
            if request.param:
                party.breaks_off_at_first(request.param)
            yield party

    @pytest.fixture
    def gateway(self, party: StripeParty) -> PaymentGateway:
        return party.gateway()

    @pytest.fixture
    def holder(self, party: StripeParty) -> PaymentGateway:
        return replace(party, captures_later=True).gateway()

    @pytest.fixture
    def remote(self, party: StripeParty) -> RemoteParty:
        return party


STRIPE_MISTAKES: tuple[tuple[type[StripeGateway], str], ...] = (
    (KeysPerCall, "test_a_key_is_charged_once"),
    (VoidsInWords, "test_cancelling_the_unseen_burns_its_key"),
    (VoidsInWords, "test_begin_and_cancel_agree_at_the_same_moment"),
    (RefundsUnderNewKeys, "test_a_refund_is_given_once_per_key"),
    (ListsTheFirstPage, "test_it_lists_what_it_moved"),
    (KnowsNoRefunds, "test_it_lists_what_it_moved_for_one_payment"),
    (BelievesStripe, "test_a_forged_or_old_webhook_is_refused"),
    (NeverForgets, "test_a_forged_or_old_webhook_is_refused"),
    (BelievesTheFuture, "test_a_forged_or_old_webhook_is_refused"),
    (ChecksNoBody, "test_a_forged_or_old_webhook_is_refused"),
    (KeysPerCall, "test_a_repeated_begin_answers_as_the_first"),
    (LooksAtThePayment, "test_a_look_up_says_what_became_of_the_attempt"),
    (RefundsTheLatestAttempt, "test_the_attempt_that_paid_is_refunded"),
)
WITH_HELD_MONEY: tuple[tuple[type[StripeGateway], str], ...] = (
    (TakesTheWhole, "test_a_part_is_taken_once_and_the_rest_let_go"),
    (TakesTheWhole, "test_a_part_that_cannot_be_taken_leaves_all_of_it_held"),
    (SaysThatItIsLetGo, "test_money_that_is_held_is_let_go"),
)


@pytest.mark.parametrize(("kind", "check"), WITH_HELD_MONEY)
async def test_a_way_to_held_money_with_a_mistake_is_noticed(kind: type[StripeGateway], check: str) -> None:
    """As below."""
    contract = GatewayContract()
    async with a_stripe(captures_later=True) as party:
        await getattr(contract, check)(party.gateway(), party)

        with pytest.raises((AssertionError, pytest.fail.Exception)):
            await getattr(contract, check)(party.gateway(kind), party)


async def test_a_way_to_stripe_that_counts_in_other_units_is_noticed() -> None:
    """What was taken is read in the double's own units, not in the adapter's."""
    amount = Money(500, "ISK")
    async with a_stripe() as party:
        await assert_taken(party.gateway(), party, amount)

        with pytest.raises(AssertionError):
            await assert_taken(party.gateway(CountsByIso), party, amount)


@pytest.mark.parametrize(("kind", "check"), STRIPE_MISTAKES)
async def test_a_way_to_stripe_with_a_mistake_is_noticed(kind: type[StripeGateway], check: str) -> None:
    """Each by the check that is there for it; the gateway without the mistake passes the same check."""
    contract = GatewayContract()
    async with a_stripe() as party:
        await getattr(contract, check)(party.gateway(), party)

        with pytest.raises((AssertionError, pytest.fail.Exception)):
            await getattr(contract, check)(party.gateway(kind), party)
