"""The contract of `shopcore.payments.ports.PaymentGateway`.

The gateway under test talks to its remote party; the contract looks at the same party from the other side.
"""

import asyncio
from collections.abc import Mapping

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from shopcore.kernel.ids import RefundId
from shopcore.kernel.money import Money
from shopcore.payments.errors import BadSignature, UnknownGateway
from shopcore.payments.model import Payment, PaymentState
from shopcore.payments.ports import PaymentGateway
from shopcore.testing.contracts.held_money import TAKEN, HeldMoneyContract, RemoteParty, a_payment, assert_taken
from shopcore.testing.contracts.listed_money import ListedMoneyContract
from shopcore.testing.strategies.kernel import money

__all__ = ["TAKEN", "GatewayContract", "QuietGatewayContract", "RemoteParty", "a_payment", "assert_taken"]

replace = msgspec.structs.replace

_quickly = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.anyio
class QuietGatewayContract(HeldMoneyContract, ListedMoneyContract):
    """Override `gateway` and `remote`. For a gateway that sends no webhooks; `GatewayContract` for all others."""

    @pytest.fixture
    def gateway(self) -> PaymentGateway:
        pytest.fail("override this fixture with the gateway under test")

    @pytest.fixture
    def remote(self) -> RemoteParty:
        pytest.fail("override this fixture with the other side of the gateway under test")

    async def test_it_has_a_name_and_methods(self, gateway: PaymentGateway, remote: RemoteParty) -> None:
        """Without a method it takes the money in its own way, or says what the customer has to do."""
        payment = a_payment(None)
        report = await gateway.begin(payment)

        assert gateway.name
        for method in (None, remote.ok, remote.declined, remote.action):
            gateway.check_method(method)
        assert report.state in {*TAKEN, PaymentState.REQUIRES_ACTION}
        assert await remote.taken(payment) == (1999 if report.state in TAKEN else 0)

    @given(amount=money(least=1))
    @example(amount=Money(1999, "USD"))
    @example(amount=Money(500, "JPY"))  # counted in ones, in hundredths that there are not, and in thousandths: where
    @example(amount=Money(500, "ISK"))  # gateways count otherwise than ISO 4217, a hundredth is taken, or a hundredfold
    @example(amount=Money(150_000, "MGA"))
    @example(amount=Money(12_340, "KWD"))
    @_quickly
    async def test_the_amount_is_taken_to_the_last_unit(
        self, gateway: PaymentGateway, remote: RemoteParty, amount: Money
    ) -> None:
        """In any currency, or not at all; the report names payment, attempt and amount."""
        await assert_taken(gateway, remote, amount)

    @given(amount=money(least=1))
    @example(amount=Money(12_340, "KWD"))
    @example(amount=Money(150_000, "MGA"))
    @_quickly
    async def test_what_it_can_take_is_a_multiple_of_its_step(
        self, gateway: PaymentGateway, remote: RemoteParty, amount: Money
    ) -> None:
        """So that what is none need not be asked for."""
        assert gateway.step(amount.currency) >= 1
        assert amount.amount % gateway.step(amount.currency) == 0 or not remote.can_take(amount)

    async def test_a_key_is_charged_once(self, gateway: PaymentGateway, remote: RemoteParty) -> None:
        """Fifty at the same moment, then one more: one charge, and one answer for all."""
        payment = a_payment(remote.ok)
        reports = await asyncio.gather(*(gateway.begin(payment) for _ in range(50)))
        reports.append(await gateway.begin(payment))

        assert await remote.taken(payment) == 1999
        assert len({report.reference for report in reports}) == 1
        assert {report.state for report in reports} <= TAKEN

    async def test_a_repeated_begin_answers_as_the_first(self, gateway: PaymentGateway, remote: RemoteParty) -> None:
        """Also where the method was changed in between: the key decides."""
        payment = a_payment(remote.declined)
        first = await gateway.begin(payment)
        again = await gateway.begin(replace(payment, method=remote.ok))

        assert (again.state, again.reference) == (first.state, first.reference)
        assert await remote.taken(payment) == 0

    async def test_a_decline_is_an_answer(self, gateway: PaymentGateway, remote: RemoteParty) -> None:
        """Nothing is taken, and the next attempt is one of its own."""
        payment = a_payment(remote.declined)
        declined = await gateway.begin(payment)
        paid = await gateway.begin(replace(payment, attempt=2, method=remote.ok))

        assert (declined.state, declined.attempt) == (PaymentState.FAILED, 1)
        assert declined.failure
        assert paid.state in TAKEN
        assert paid.attempt == 2
        assert await remote.taken(payment) == 1999

    async def test_an_unknown_method_is_refused(self, gateway: PaymentGateway) -> None:
        """Before anything is taken; the error says what there is."""
        payment = a_payment("seashells")
        with pytest.raises(UnknownGateway) as refused:
            await gateway.begin(payment)
        with pytest.raises(UnknownGateway):
            gateway.check_method("seashells")

        assert refused.value.errors[0].field == "payment/method"
        assert refused.value.errors[0].message.startswith("must be ")
        assert await gateway.look_up(payment) is None

    async def test_what_the_customer_must_do_is_said(self, gateway: PaymentGateway, remote: RemoteParty) -> None:
        """Each time it is asked; until then nothing is taken."""
        payment = a_payment(remote.action)
        report = await gateway.begin(payment)

        assert report.state is PaymentState.REQUIRES_ACTION
        assert report.next_action is not None or report.client_secret is not None
        assert await gateway.begin(payment) == report == await gateway.look_up(payment)
        assert await remote.taken(payment) == 0

    async def test_a_look_up_says_what_became_of_the_attempt(
        self, gateway: PaymentGateway, remote: RemoteParty
    ) -> None:
        """Of that one, not of another."""
        payment = a_payment(remote.declined)
        unseen = await gateway.look_up(payment)
        report = await gateway.begin(payment)

        assert unseen is None
        assert await gateway.look_up(payment) == report
        assert await gateway.look_up(replace(payment, attempt=2)) is None

    async def test_an_attempt_is_found_by_its_reference(self, gateway: PaymentGateway, remote: RemoteParty) -> None:
        """As a look-up finds it, taken, declined or waiting; what is none of its own is not found."""
        payments = [a_payment(method) for method in (remote.ok, remote.declined, remote.action)]
        references = [(await gateway.begin(payment)).reference for payment in payments]

        for payment, reference in zip(payments, references, strict=True):
            assert reference is not None
            assert await gateway.find(reference) == await gateway.look_up(payment)
        assert await gateway.find("nothing-of-ours") is None

    async def test_cancelling_the_unseen_burns_its_key(self, gateway: PaymentGateway, remote: RemoteParty) -> None:
        """A `begin` that was on its way comes too late, and takes nothing."""
        payment = a_payment(remote.ok)
        cancelled = await gateway.cancel(payment)
        late = await gateway.begin(payment)

        assert cancelled.state is late.state is PaymentState.VOIDED
        assert await remote.taken(payment) == 0
        found = await gateway.look_up(payment)
        assert found is not None
        assert found.state is PaymentState.VOIDED

    async def test_cancelling_ends_what_waits(self, gateway: PaymentGateway, remote: RemoteParty) -> None:
        """As often as it is asked; there is nothing left for the customer to do."""
        payment = a_payment(remote.action)
        await gateway.begin(payment)
        first, second = await gateway.cancel(payment), await gateway.cancel(payment)

        assert first.state is second.state is PaymentState.VOIDED
        assert second.next_action is None
        assert (await gateway.begin(payment)).state is PaymentState.VOIDED

    async def test_what_is_over_cannot_be_cancelled(self, gateway: PaymentGateway, remote: RemoteParty) -> None:
        """The answer is the state that it reached."""
        paid, declined = a_payment(remote.ok), a_payment(remote.declined)
        reached = [await gateway.begin(paid), await gateway.begin(declined)]
        answers = [await gateway.cancel(paid), await gateway.cancel(declined)]

        assert [answer.state for answer in answers] == [report.state for report in reached]
        assert await remote.taken(paid) == 1999

    async def test_begin_and_cancel_agree_at_the_same_moment(
        self, gateway: PaymentGateway, remote: RemoteParty
    ) -> None:
        """Whichever comes first, both say the same, and the money is where they say."""
        payments = [a_payment(remote.ok) for _ in range(20)]
        pairs = ((gateway.begin, gateway.cancel), (gateway.cancel, gateway.begin))
        acts = [act(payment) for payment, pair in zip(payments, pairs * 10, strict=True) for act in pair]
        answers = await asyncio.gather(*acts)

        for payment, one, other in zip(payments, answers[::2], answers[1::2], strict=True):
            assert one.state is other.state
            assert await remote.taken(payment) == (1999 if one.state in TAKEN else 0)

    async def test_a_refund_is_given_once_per_key(self, gateway: PaymentGateway, remote: RemoteParty) -> None:
        """Twenty at the same moment, then one more."""
        payment = await _paid(gateway, remote)
        refund = RefundId(f"refund-{payment.id}")
        reports = await asyncio.gather(*(gateway.refund(payment, refund, Money(500, "USD")) for _ in range(20)))
        reports.append(await gateway.refund(payment, refund, Money(500, "USD")))

        assert {(report.refund_id, report.done) for report in reports} == {(refund, True)}
        assert await remote.given_back(payment) == 500

    async def test_no_more_is_given_back_than_was_taken(self, gateway: PaymentGateway, remote: RemoteParty) -> None:
        """In how many parts and at whatever moment."""
        payment = await _paid(gateway, remote)
        reports = await asyncio.gather(
            *(gateway.refund(payment, RefundId(f"refund-{payment.id}-{part}"), Money(600, "USD")) for part in range(5))
        )

        assert sorted(report.done is True for report in reports) == [False, False, True, True, True]
        assert all(report.failure for report in reports if not report.done)
        assert await remote.given_back(payment) == 1800

    async def test_what_was_not_taken_is_not_given_back(self, gateway: PaymentGateway, remote: RemoteParty) -> None:
        """Neither of a decline, nor of what was never begun, nor in another currency."""
        declined, unseen, paid = a_payment(remote.declined), a_payment(remote.ok), await _paid(gateway, remote)
        await gateway.begin(declined)
        asked = [(declined, Money(1, "USD")), (unseen, Money(1, "USD")), (paid, Money(1, "EUR"))]
        reports = [await gateway.refund(each, RefundId(f"refund-{each.id}"), amount) for each, amount in asked]

        assert [report.done for report in reports] == [False, False, False]
        assert [await remote.given_back(each) for each, _ in asked] == [0, 0, 0]

    async def test_the_attempt_that_paid_is_refunded(self, gateway: PaymentGateway, remote: RemoteParty) -> None:
        """A payment refers to the charge that took the money, though a later attempt may have been begun."""
        payment = await _paid(gateway, remote)
        report = await gateway.refund(replace(payment, attempt=2), RefundId(f"refund-{payment.id}"), payment.amount)

        assert report.done is True
        assert await remote.given_back(payment) == 1999


@pytest.mark.anyio
class GatewayContract(QuietGatewayContract):
    """The same, of one that tells the shop by webhooks too."""

    async def test_a_genuine_webhook_is_read(self, gateway: PaymentGateway, remote: RemoteParty) -> None:
        """It names its gateway and event and reports what a look-up reports; header names have no case."""
        payment = await _paid(gateway, remote)
        body, headers = await remote.webhook(payment)
        event = gateway.read_webhook(body, headers)

        assert event.gateway == gateway.name
        assert event.event_id
        assert event.report == await gateway.look_up(payment)
        assert gateway.read_webhook(body, {name.upper(): value for name, value in headers.items()}) == event

    @given(place=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
    @_quickly
    async def test_a_tampered_webhook_is_refused(
        self, gateway: PaymentGateway, remote: RemoteParty, place: float, flip: int
    ) -> None:
        """Any byte of the body, added ones, and any character of the signature."""
        body, headers = await remote.webhook(await _paid(gateway, remote))
        at = int(place * len(body))
        tampered = body[:at] + bytes((body[at] ^ flip,)) + body[at + 1 :]

        for forged in (tampered, body + b" ", body[:-1], b""):
            with pytest.raises(BadSignature):
                gateway.read_webhook(forged, headers)

    async def test_a_forged_or_old_webhook_is_refused(self, gateway: PaymentGateway, remote: RemoteParty) -> None:
        """Without a signature, with somebody's, or with a genuine one of an hour ago or of an hour from now."""
        payment = await _paid(gateway, remote)
        body, headers = await remote.webhook(payment)
        untimely = [await remote.old_webhook(payment), await remote.early_webhook(payment)]
        forged = [{}, dict.fromkeys(headers, ""), dict.fromkeys(headers, "t=1,v1=é\udc80"), _altered(headers)]

        for each in forged:
            with pytest.raises(BadSignature):
                gateway.read_webhook(body, each)
        for sent in untimely:
            with pytest.raises(BadSignature):
                gateway.read_webhook(*sent)


async def _paid(gateway: PaymentGateway, remote: RemoteParty) -> Payment:
    """A payment that was taken, as the shop would have recorded it."""
    payment = a_payment(remote.ok)
    report = await gateway.begin(payment)
    return replace(payment, state=report.state, reference=report.reference)


def _altered(headers: Mapping[str, str]) -> dict[str, str]:
    """Each value with its last character replaced by another."""
    return {name: value[:-1] + ("0" if value[-1] != "0" else "1") for name, value in headers.items()}
