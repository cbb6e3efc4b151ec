"""The contract of `shopcore.pricing.ports.Coupons`: how often a coupon can be used, and by whom."""

import asyncio
from datetime import timedelta

import msgspec
import pytest

from shopcore.kernel.ids import CustomerId, OrderId
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.pricing.errors import CouponUsedUp
from shopcore.pricing.model import (
    Coupon,
    CouponHolder,
    CouponKind,
)
from shopcore.pricing.ports import Coupons
from shopcore.testing.contracts.pages import through_a_cursor
from shopcore.testing.contracts.samples import NOON, Refused

replace = msgspec.structs.replace


TENTH = Coupon(
    code="TENTH",
    kind=CouponKind.PERCENTAGE,
    basis_points=1000,
    minimum={"EUR": 500},
    starts_at=NOON,
    ends_at=NOON + timedelta(days=1, microseconds=1),
)


async def tries(coupons: Coupons, coupon: Coupon, uses: list[tuple[str, str]]) -> list[str]:
    """Redeem it for these (order, e-mail) at the same moment: the orders that succeeded; the others were used up."""
    answers = await asyncio.gather(
        *(coupons.redeem(coupon, OrderId(order), email, NOON) for order, email in uses), return_exceptions=True
    )
    assert all(answer is None or isinstance(answer, CouponUsedUp) for answer in answers), answers
    return [order for (order, _), answer in zip(uses, answers, strict=True) if answer is None]


@pytest.mark.anyio
class CouponsContract:
    """Override `coupons` and `unit_of_work`."""

    @pytest.fixture
    def coupons(self) -> Coupons:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def unit_of_work(self) -> UnitOfWork:
        pytest.fail("override this fixture with the unit of work that the port joins")

    async def test_coupons_are_put_found_and_replaced(self, coupons: Coupons) -> None:
        """Found in the order asked for, unknown codes left out."""
        first = replace(TENTH, code="FIRST", kind=CouponKind.FIXED, amount_off={"EUR": 100})
        for coupon in (replace(TENTH, basis_points=1), first, TENTH):
            await coupons.put(coupon)

        assert list(await coupons.find(["TENTH", "UNKNOWN", "FIRST"])) == [TENTH, first]
        assert list(await coupons.find([])) == []
        assert list((await coupons.page(None, 10)).items) == [first, TENTH]

    async def test_pages_hold_every_coupon_once(self, coupons: Coupons) -> None:
        """By code, as many at a time as are asked for, and no more after the last."""
        codes = [f"C{number:02}" for number in range(7)]
        for code in reversed(codes):
            await coupons.put(replace(TENTH, code=code))
        first = await coupons.page(None, 3)
        second = await coupons.page(through_a_cursor(first.next_position), 3)
        last = await coupons.page(through_a_cursor(second.next_position), 3)

        assert [[coupon.code for coupon in page.items] for page in (first, second, last)] == [
            codes[:3],
            codes[3:6],
            codes[6:],
        ]
        assert last.next_position is None
        assert (await coupons.page(None, 7)).next_position is None

    async def test_a_limit_holds_however_many_come(self, coupons: Coupons) -> None:
        """Of 20 at the same moment exactly 5 succeed; a later one is refused as well."""
        coupon = replace(TENTH, usage_limit=5)
        await coupons.put(coupon)

        done = await tries(coupons, coupon, [(f"o{number}", f"{number}@example.org") for number in range(20)])

        assert len(done) == 5
        assert await tries(coupons, coupon, [("late", "late@example.org")]) == []

    async def test_each_customer_has_a_limit(self, coupons: Coupons) -> None:
        """Counted per e-mail address, and per coupon."""
        coupon, other = replace(TENTH, per_customer_limit=2), replace(TENTH, code="OTHER", per_customer_limit=1)
        await coupons.put(coupon)
        await coupons.put(other)
        uses = [(f"{name}{number}", f"{name}@example.org") for name in ("ann", "bob") for number in range(4)]

        done = await tries(coupons, coupon, uses)

        assert sorted(order[:3] for order in done) == ["ann", "ann", "bob", "bob"]
        assert await tries(coupons, other, [("ann9", "ann@example.org")]) == ["ann9"]

    async def test_an_account_has_a_limit_whatever_it_types(self, coupons: Coupons) -> None:
        """What it used before counts, with any address; so does what was used with its own address by a guest."""
        coupon = replace(TENTH, per_customer_limit=2)
        await coupons.put(coupon)
        ann = CouponHolder(customer_id=CustomerId("ann"), email="ann@example.org")
        await coupons.redeem(coupon, OrderId("guest"), ann.email, NOON)
        await coupons.redeem(coupon, OrderId("first"), "made.up1@example.org", NOON, ann)
        for number in (2, 3):
            with pytest.raises(CouponUsedUp):
                await coupons.redeem(coupon, OrderId("again"), f"made.up{number}@example.org", NOON, ann)

        await coupons.give_back(OrderId("first"))
        await coupons.redeem(coupon, OrderId("again"), "made.up2@example.org", NOON, ann)

    async def test_no_account_uses_up_another_s(self, coupons: Coupons) -> None:
        """By typing its address, neither for the account nor for whoever orders with that address signed out."""
        coupon = replace(TENTH, per_customer_limit=1)
        await coupons.put(coupon)
        ann = CouponHolder(customer_id=CustomerId("ann"), email="ann@example.org")
        eve = CouponHolder(customer_id=CustomerId("eve"), email="eve@example.org")
        await coupons.redeem(coupon, OrderId("eve's"), ann.email, NOON, eve)
        with pytest.raises(CouponUsedUp):
            await coupons.redeem(coupon, OrderId("another"), ann.email, NOON, eve)

        await coupons.redeem(coupon, OrderId("ann's"), ann.email, NOON, ann)
        await coupons.give_back(OrderId("ann's"))
        assert await tries(coupons, coupon, [("g", ann.email)]) == ["g"]
        assert await tries(coupons, coupon, [("h", ann.email)]) == []
        with pytest.raises(CouponUsedUp):
            await coupons.redeem(coupon, OrderId("ann's"), "made.up@example.org", NOON, ann)

    async def test_an_account_uses_no_more_at_the_same_moment(self, coupons: Coupons) -> None:
        coupon = replace(TENTH, per_customer_limit=1)
        await coupons.put(coupon)
        ann = CouponHolder(customer_id=CustomerId("ann"), email="ann@example.org")

        answers = await asyncio.gather(
            *(coupons.redeem(coupon, OrderId(f"o{each}"), f"{each}@example.org", NOON, ann) for each in range(8)),
            return_exceptions=True,
        )

        assert answers.count(None) == 1
        assert sum(isinstance(answer, CouponUsedUp) for answer in answers) == 7

    async def test_an_order_counts_once(self, coupons: Coupons) -> None:
        """Redeeming again for the same order is a no-op, also when the coupon is used up by then."""
        coupon = replace(TENTH, usage_limit=1, per_customer_limit=1)
        await coupons.put(coupon)

        assert await tries(coupons, coupon, [("o", "ann@example.org")] * 5) == ["o"] * 5
        assert await tries(coupons, coupon, [("p", "bob@example.org")]) == []

    async def test_what_is_given_back_can_be_used(self, coupons: Coupons) -> None:
        """Every coupon of the order is uncounted, once; an order without one is no error."""
        coupon, other = replace(TENTH, usage_limit=1), replace(TENTH, code="OTHER", per_customer_limit=1)
        for one in (coupon, other):
            await coupons.put(one)
            assert await tries(coupons, one, [("o", "ann@example.org")]) == ["o"]
        for _ in range(2):
            await coupons.give_back(OrderId("o"))
        await coupons.give_back(OrderId("unknown"))

        assert await tries(coupons, coupon, [("p", "ann@example.org")]) == ["p"]
        assert await tries(coupons, coupon, [("q", "ann@example.org")]) == []
        assert await tries(coupons, other, [("p", "ann@example.org")]) == ["p"]

    async def test_the_stored_limits_hold(self, coupons: Coupons) -> None:
        """Not those that the caller read a while ago: they may have been lowered below what was used, or raised."""
        coupon = replace(TENTH, usage_limit=3)
        await coupons.put(coupon)
        assert await tries(coupons, coupon, [("o", "ann@example.org"), ("p", "bob@example.org")]) == ["o", "p"]
        await coupons.put(replace(coupon, usage_limit=1))
        assert await tries(coupons, coupon, [("q", "cleo@example.org")]) == []
        await coupons.put(replace(coupon, usage_limit=None))
        assert await tries(coupons, coupon, [("q", "cleo@example.org")]) == ["q"]

    async def test_an_undone_unit_counts_nothing(self, coupons: Coupons, unit_of_work: UnitOfWork) -> None:
        """When the order is not placed after all, its use is free again."""
        coupon = replace(TENTH, usage_limit=1)
        await coupons.put(coupon)

        async def work() -> None:
            await coupons.redeem(coupon, OrderId("o"), "ann@example.org", NOON)
            with pytest.raises(CouponUsedUp):
                await coupons.redeem(coupon, OrderId("p"), "ann@example.org", NOON)
            raise Refused

        with pytest.raises(Refused):
            await unit_of_work(work)
        assert await tries(coupons, coupon, [("p", "bob@example.org")]) == ["p"]
