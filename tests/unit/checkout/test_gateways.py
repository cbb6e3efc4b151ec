"""Several gateways: rules choose, switches stop, and the next is asked only where the first took nothing for sure."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pytest
from tests.banks import Bank
from tests.stories import PRICE, QUICK, Bought, Story, opened, refusal

from shopcore.adapters.bogus.books import Books
from shopcore.adapters.bogus.gateway import BogusGateway
from shopcore.adapters.local.ids import LocalIds
from shopcore.aftersales.model import Settled
from shopcore.checkout.model import CheckedOut, CheckOutCommand, PaymentChoice, Reply
from shopcore.kernel.errors import InvalidInput
from shopcore.payments.errors import GatewayClosed, GatewayNotOffered, GatewayUnavailable
from shopcore.payments.model import GatewayRule, Payment, Report, take_up

pytestmark = pytest.mark.anyio

BOTH = GatewayRule(gateways=("bogus", "bogus2"))


@dataclass
class Two:
    """A shop that is paid through two banks, each with books of its own."""

    story: Story
    banks: dict[str, BogusGateway]

    def between(self, name: str, bank: Bank) -> None:
        """Something stands between the shop and one of them."""
        world = self.story.place.world
        self.story.place.world = replace(world, gateways={**world.gateways, name: bank})
        self.story.reopen()

    async def taken(self) -> dict[str, int]:
        """How many charges each of them keeps."""
        return {
            name: sum(line.status == "captured" for line in await bank.charges()) for name, bank in self.banks.items()
        }

    async def switch(self, name: str, *, is_on: bool) -> None:
        """Staff switch one, and every server has heard of it."""
        await self.story.staff.payments.switch_gateway(gateway=name, is_on=is_on)
        await self.story.clock.advance(1.0)


@pytest.fixture
async def two(tmp_path: Path) -> AsyncGenerator[Two]:
    async with opened(tmp_path) as story:
        books, place = Books(":memory:"), story.place
        second = BogusGateway(
            books, story.clock, LocalIds(), secret=b"2" * 32, app_url="http://shop", delays=QUICK, name="bogus2"
        )
        banks = {"bogus": place.bank.gateway, "bogus2": second}
        place.world = replace(place.world, gateways=banks, gateway_rules=(BOTH,))
        story.reopen()
        await story.sell()
        yield Two(story, banks)
        await books.close()


@dataclass
class Shut(Bank):
    """Says that it has done nothing; whether that is true is another matter."""

    takes_all_the_same: bool = False

    async def begin(self, payment: Payment) -> Report:
        self.asked.append(f"begin {payment.attempt}")
        if self.takes_all_the_same:
            await self.inner.begin(payment)
        raise GatewayClosed(self.name)


@dataclass
class Mute(Bank):
    """Takes the money, and does not answer."""

    async def begin(self, payment: Payment) -> Report:
        await super().begin(payment)
        raise GatewayUnavailable(self.name)


async def test_the_rules_choose_by_country_currency_and_amount(two: Two) -> None:
    two.story.place.world = replace(
        two.story.place.world,
        gateway_rules=(
            GatewayRule(gateways=("bogus2",), currency="USD", countries=frozenset({"US"}), least=PRICE.amount * 2),
        ),
    )
    two.story.reopen()
    small, large = await two.story.buy(), await two.story.buy(quantity=2)

    assert [(await each.payment()).gateway for each in (small, large)] == ["bogus", "bogus2"]
    assert await two.taken() == {"bogus": 1, "bogus2": 1}


async def test_a_buyer_names_what_the_rule_about_their_order_has(two: Two) -> None:
    """Used or allowed by it, and nothing else; where no rule is about it, the default one."""
    dollars = GatewayRule(gateways=("bogus",), allowed=("bogus2",), currency="USD", most=PRICE.amount)
    two.story.place.world = replace(two.story.place.world, gateway_rules=(dollars,))
    two.story.reopen()

    async def named(gateway: str, quantity: int) -> Reply:
        asked = CheckOutCommand(payment=PaymentChoice(gateway=gateway))
        guest = await two.story.cart(quantity=quantity)
        return await two.story.as_(guest).checkout.check_out(command=asked, key=f"{gateway}-{quantity}")

    allowed = two.story.bought(await named("bogus2", 1))
    assert (await allowed.payment()).gateway == "bogus2"
    assert refusal(await named("bogus2", 2)) == ("unknown_payment_method", ["payment/gateway"])
    assert isinstance((await named("bogus", 2)).outcome, CheckedOut)


async def test_a_rule_may_allow_one_method_of_a_gateway(two: Two) -> None:
    """That one, named, and no other; nor the gateway's usual one, which might be another."""
    dollars = GatewayRule(gateways=("bogus",), allowed=("bogus2.ok",), currency="USD")
    two.story.place.world = replace(two.story.place.world, gateway_rules=(dollars,))
    two.story.reopen()

    async def named(method: str | None) -> Reply:
        asked = CheckOutCommand(payment=PaymentChoice(gateway="bogus2", method=method))
        return await two.story.as_(await two.story.cart()).checkout.check_out(command=asked, key=f"key-{method}")

    allowed = two.story.bought(await named("ok"))
    assert (await allowed.payment()).gateway == "bogus2"
    for other in ("authorized", None):
        assert refusal(await named(other)) == ("unknown_payment_method", ["payment/gateway"])


async def test_the_next_gateway_takes_the_money_where_the_first_did_nothing(two: Two) -> None:
    """It is an attempt of its own, and the only one that takes money."""
    two.between("bogus", Shut(two.banks["bogus"]))
    bought = await two.story.buy()
    await two.story.settles()
    payment = await bought.payment()

    assert await bought.stands() == ("processing", "paid", "succeeded")
    assert (payment.gateway, payment.attempt) == ("bogus2", 2)
    assert await two.taken() == {"bogus": 0, "bogus2": 1}


async def test_the_bank_s_own_method_shows_it(two: Two) -> None:
    assert (await (await two.story.buy("elsewhere")).payment()).gateway == "bogus2"


async def nobody_is_charged_at_two_banks(two: Two, first: Bank) -> Bought:
    """What holds whatever the first bank does."""
    two.between("bogus", first)
    bought = await two.story.buy()
    two.between("bogus", Bank(two.banks["bogus"]))
    for _ in range(3):
        await two.story.settles()

    assert sum((await two.taken()).values()) <= 1
    lines = [line for bank in two.banks.values() for line in await bank.charges()]
    assert "refunded" not in {line.status for line in lines}
    return bought


async def test_an_outcome_that_is_not_known_is_looked_up_and_nobody_else_is_asked(two: Two) -> None:
    bought = await nobody_is_charged_at_two_banks(two, Mute(two.banks["bogus"]))

    assert (await bought.payment()).gateway == "bogus"
    assert await two.taken() == {"bogus": 1, "bogus2": 0}


async def test_turning_elsewhere_after_an_unknown_outcome_would_be_noticed(two: Two) -> None:
    """Planted: a gateway that says it has done nothing, and has taken the money."""
    with pytest.raises(AssertionError):
        await nobody_is_charged_at_two_banks(two, Shut(two.banks["bogus"], takes_all_the_same=True))


async def test_who_resumes_what_a_crash_left_asks_nobody_else(two: Two) -> None:
    """The first bank may have been asked before the crash, and have taken the money: it is waited for."""
    guest = await two.story.cart()
    two.between("bogus", Mute(two.banks["bogus"]))

    async def dies(report: Report, at: datetime, by: str) -> Settled:
        raise SystemError

    place = two.story.shop._cases.checkout.check_out.pay_order
    broken = replace(place, settle=dies)  # the process dies when the bank has answered
    checkout = replace(two.story.shop._cases.checkout.check_out, pay_order=broken)
    with pytest.raises(SystemError):
        await checkout(guest, command=CheckOutCommand(), key="key")
    two.between("bogus", Shut(two.banks["bogus"]))
    await two.story.clock.advance(6.0)
    reply = await two.story.as_(guest).checkout.check_out(command=CheckOutCommand(), key="key")
    bought = two.story.bought(reply)
    two.between("bogus", Bank(two.banks["bogus"]))
    await two.story.settles()

    assert (await bought.payment()).gateway == "bogus"
    assert await two.taken() == {"bogus": 1, "bogus2": 0}


async def test_a_gateway_that_is_off_is_passed_over(two: Two) -> None:
    """New payments go to the next by the rules; a refund of what it took goes on."""
    before = await two.story.buy()
    await two.switch("bogus", is_on=False)
    during = await two.story.buy()
    await two.story.staff.orders.refund(order_id=before.id, reason="damaged")
    await two.story.settles()
    await two.switch("bogus", is_on=True)
    after = await two.story.buy()

    assert [(await each.payment()).gateway for each in (before, during, after)] == ["bogus", "bogus2", "bogus"]
    assert (await before.order()).payment_status == "refunded"


@pytest.mark.parametrize("first", ["bogus", "bogus2"])
async def test_an_order_waits_while_every_gateway_is_off(two: Two, first: str) -> None:
    """And is paid once one is on again, whichever that is; nothing was asked for meanwhile, and nothing is of another
    that is on later.
    """
    for name in two.banks:
        await two.switch(name, is_on=False)
    bought = await two.story.buy()
    await two.story.settles()
    waiting = await two.taken(), (await bought.order()).status
    for name in sorted(two.banks, key=lambda name: name != first):
        await two.switch(name, is_on=True)
        for _ in range(4):
            await two.story.settles()

    assert waiting == ({"bogus": 0, "bogus2": 0}, "pending")
    assert await bought.stands() == ("processing", "paid", "succeeded")
    assert await two.taken() == {"bogus": 0, "bogus2": 0} | {first: 1}


async def test_two_who_find_a_gateway_switched_on_take_a_waiting_payment_to_the_same_one(two: Two) -> None:
    """Also where they know of different ones: which it is was written down before anybody was asked."""
    for name in two.banks:
        await two.switch(name, is_on=False)
    bought = await two.story.buy()
    payment, now = await bought.payment(), two.story.clock.now()
    taken_up = take_up(payment, "bogus2", now)

    assert (payment.is_set_by, payment.others) == (True, ("bogus2",))
    assert (taken_up.gateway, taken_up.others, taken_up.attempt) == ("bogus2", (), payment.attempt + 1)
    assert take_up(taken_up, "bogus", now) == taken_up


async def test_who_names_a_gateway_gets_that_one(two: Two) -> None:
    guest = await two.story.cart()
    command = CheckOutCommand(payment=PaymentChoice(gateway="bogus2"))
    bought = two.story.bought(await two.story.as_(guest).checkout.check_out(command=command, key="key"))

    assert ((await bought.payment()).gateway, (await bought.payment()).others) == ("bogus2", ())


async def test_a_switch_is_audited_and_names_what_there_is(two: Two) -> None:
    """Saying it twice is saying it once; one that the shop has not is refused."""
    for _ in range(2):
        await two.story.staff.payments.switch_gateway(gateway="bogus", is_on=False, reason="fails")
    states = await two.story.staff.payments.list_gateways()
    entries = [entry for entry in (await two.story.staff.audit.list()).items if entry.action == "gateway.switch"]
    with pytest.raises(GatewayNotOffered):
        await two.story.staff.payments.switch_gateway(gateway="nobank", is_on=False)
    with pytest.raises(InvalidInput):
        await two.story.staff.payments.switch_gateway(gateway="bogus", is_on=True, reason="x" * 201)

    assert [(each.name, each.is_on, each.is_default) for each in states] == [
        ("bogus", False, True),
        ("bogus2", True, False),
    ]
    assert [(entry.before, entry.after["switch"]) for entry in entries] == [({"switch": "on"}, "off")]
