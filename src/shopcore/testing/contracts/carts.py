"""The contract of `shopcore.cart.ports.Carts`."""

import asyncio
from datetime import timedelta
from functools import partial

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from shopcore.cart.errors import CartChanged, CartNotFound, CustomerHasCart
from shopcore.cart.model import LIFETIME, Cart, add_item, close, give, quantity_of, touch
from shopcore.cart.ports import Carts
from shopcore.kernel.address import Contact
from shopcore.kernel.ids import CartId, CustomerId, VariantId
from shopcore.kernel.unit_of_work import UnitOfWork, Work
from shopcore.testing.contracts.sales_samples import CONTACT, a_cart, a_mark, a_token_hash
from shopcore.testing.contracts.samples import NOON, Refused
from shopcore.testing.strategies.cart import carts as any_carts

SHIRT = VariantId("shirt")
_ONE_MORE = partial(add_item, variant_id=SHIRT, quantity=1)


@pytest.mark.anyio
class CartsContract:
    """Override `carts` and `unit_of_work`."""

    @pytest.fixture
    def carts(self) -> Carts:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def unit_of_work(self) -> UnitOfWork:
        pytest.fail("override this fixture with the unit of work that the port joins")

    @given(cart=any_carts())
    @settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
    async def test_what_was_added_is_what_is_got(self, carts: Carts, cart: Cart) -> None:
        """Storing and reading is identity, by id and by token, contact and all."""
        mark = a_mark()
        customer_id = None if cart.customer_id is None else CustomerId(mark + cart.customer_id)
        cart = msgspec.structs.replace(cart, id=CartId(mark + cart.id), customer_id=customer_id)
        await carts.add(cart, a_token_hash(cart.id))

        assert await carts.get(cart.id) == cart
        assert await carts.find_by_token(a_token_hash(cart.id)) == cart

    async def test_what_is_not_there_is_not_found(self, carts: Carts) -> None:
        """Reading and changing refuse; asking by token answers None."""
        with pytest.raises(CartNotFound):
            await carts.get(CartId("unknown"))
        with pytest.raises(CartNotFound):
            await carts.update(CartId("unknown"), _ONE_MORE)
        assert await carts.find_by_token(a_token_hash("unknown")) is None

    async def test_a_change_counts_the_version_up(self, carts: Carts) -> None:
        """The answer is what is stored; the token still leads to it."""
        await carts.add(a_cart("mine"), a_token_hash("mine"))

        changed = await carts.update(CartId("mine"), _ONE_MORE)

        assert (changed.version, quantity_of(changed, SHIRT)) == (2, 1)
        assert await carts.get(CartId("mine")) == await carts.find_by_token(a_token_hash("mine")) == changed

    async def test_a_cart_is_replaced_at_its_version(self, carts: Carts) -> None:
        """Contact and all; its token still leads to it."""
        await carts.add(a_cart("mine"), a_token_hash("mine"))
        seen = await carts.update(CartId("mine"), _ONE_MORE)
        for contact in (Contact(email="other@post.example"), Contact()):
            wanted = msgspec.structs.replace(_ONE_MORE(seen), contact=contact)
            await carts.replace(wanted)

            seen = await carts.get(CartId("mine"))
            assert seen == msgspec.structs.replace(wanted, version=wanted.version + 1)
            assert await carts.find_by_token(a_token_hash("mine")) == seen

    async def test_another_version_is_not_replaced(self, carts: Carts) -> None:
        """Neither an older one, nor one to come, nor a cart that is gone; nothing changes."""
        await carts.add(a_cart("mine"), a_token_hash("mine"))
        changed = await carts.update(CartId("mine"), _ONE_MORE)

        for version in (1, 3):
            with pytest.raises(CartChanged):
                await carts.replace(msgspec.structs.replace(changed, version=version, lines=()))
        with pytest.raises(CartNotFound):
            await carts.replace(a_cart("gone"))
        assert await carts.get(CartId("mine")) == changed

    async def test_one_of_many_replaces_a_version(self, carts: Carts) -> None:
        """Twenty at the same moment, who all have seen the same cart."""
        await carts.add(a_cart("mine"), a_token_hash("mine"))

        answers = await asyncio.gather(
            *(carts.replace(_ONE_MORE(a_cart("mine"))) for _ in range(20)), return_exceptions=True
        )

        assert sum(answer is None for answer in answers) == 1
        assert sum(isinstance(answer, CartChanged) for answer in answers) == 19
        assert (await carts.get(CartId("mine"))).version == 2

    async def test_an_equal_cart_is_no_change(self, carts: Carts) -> None:
        """So a reader who writes back what was read does not disturb anybody."""
        await carts.add(a_cart("mine"), a_token_hash("mine"))

        assert await carts.update(CartId("mine"), msgspec.structs.replace) == a_cart("mine")
        assert (await carts.get(CartId("mine"))).version == 1

    async def test_a_contact_is_given_changed_and_taken_away(self, carts: Carts) -> None:
        """Each time it is the one that was written last."""
        await carts.add(a_cart("mine", contact=Contact()), a_token_hash("mine"))
        for contact in (CONTACT, Contact(email="other@post.example"), Contact()):
            await carts.update(CartId("mine"), partial(msgspec.structs.replace, contact=contact))

            assert (await carts.get(CartId("mine"))).contact == contact

    async def test_a_refused_change_changes_nothing(self, carts: Carts) -> None:
        """Whatever `change` raises comes out unchanged."""
        await carts.add(a_cart("mine"), a_token_hash("mine"))

        def refuse(_cart: Cart) -> Cart:
            raise Refused

        with pytest.raises(Refused):
            await carts.update(CartId("mine"), refuse)
        assert await carts.get(CartId("mine")) == a_cart("mine")

    async def test_a_customer_has_one_open_cart(self, carts: Carts) -> None:
        """Found by their id, until it is ordered; a second one is refused, whichever way it would come about."""
        ann, her = CustomerId("ann"), partial(give, customer_id=CustomerId("ann"))
        assert await carts.find_by_customer(ann) is None
        await carts.add(a_cart("guests"), a_token_hash("guests"))
        await carts.add(give(a_cart("hers"), ann), a_token_hash("hers"))

        assert (await carts.find_by_customer(ann)) == await carts.get(CartId("hers"))
        with pytest.raises(CustomerHasCart):
            await carts.add(give(a_cart("second"), ann), a_token_hash("second"))
        with pytest.raises(CustomerHasCart):
            await carts.update(CartId("guests"), her)
        assert (await carts.get(CartId("guests"))).customer_id is None
        assert await carts.find_by_customer(CustomerId("tom")) is None

    async def test_an_ordered_cart_makes_room_for_the_next(self, carts: Carts) -> None:
        """By a change, and by a swap."""
        ann = CustomerId("ann")
        for name in ("first", "second"):
            await carts.add(a_cart(name), a_token_hash(name))
            given = await carts.update(CartId(name), partial(give, customer_id=ann))
            assert await carts.find_by_customer(ann) == given
            ordered = msgspec.structs.replace(given, ordered=True)
            if name == "first":
                await carts.update(CartId(name), lambda _, ordered=ordered: ordered)  # type: ignore[misc]
            else:
                await carts.replace(ordered)

            assert await carts.find_by_customer(ann) is None

    async def test_a_customer_who_comes_twice_at_once_has_one_cart(
        self, carts: Carts, unit_of_work: UnitOfWork
    ) -> None:
        """Five devices look for it at the same moment, find none, and open one: one is there in the end."""
        ann = CustomerId("ann")

        def device(number: int) -> Work[CartId]:
            async def work() -> CartId:
                found = await carts.find_by_customer(ann)
                if found is not None:
                    return found.id
                await carts.add(give(a_cart(f"cart {number}"), ann), a_token_hash(f"cart {number}"))
                return CartId(f"cart {number}")

            return work

        opened = await asyncio.gather(*(unit_of_work(device(number)) for number in range(5)))

        assert len(set(opened)) == 1
        found = await carts.find_by_customer(ann)
        assert found is not None
        assert found.id == opened[0]

    async def test_an_expired_cart_is_its_customer_s_no_more(self, carts: Carts) -> None:
        """They can open another."""
        ann = CustomerId("ann")
        await carts.add(give(a_cart("old"), ann), a_token_hash("old"))
        await carts.remove_expired(NOON + 2 * LIFETIME, 10)

        assert await carts.find_by_customer(ann) is None
        await carts.add(give(a_cart("new"), ann), a_token_hash("new"))

    async def test_no_writer_loses_a_line(self, carts: Carts) -> None:
        """Twenty at the same moment: every one of them counts."""
        await carts.add(a_cart("mine"), a_token_hash("mine"))

        await asyncio.gather(*(carts.update(CartId("mine"), _ONE_MORE) for _ in range(20)))

        cart = await carts.get(CartId("mine"))
        assert (quantity_of(cart, SHIRT), cart.version) == (20, 21)

    async def test_expired_carts_are_forgotten(self, carts: Carts) -> None:
        """Only those, at most so many at a time, the longest expired first, and by their token too."""
        for minutes, name in enumerate(("first", "second", "third")):
            await carts.add(a_cart(name, minutes=minutes), a_token_hash(name))
        await carts.update(CartId("second"), partial(touch, now=NOON + timedelta(minutes=5)))
        late = NOON + LIFETIME + timedelta(minutes=2)

        assert await carts.remove_expired(NOON + LIFETIME - timedelta(microseconds=1), 10) == []
        assert await carts.remove_expired(late, 1) == ["first"]
        assert await carts.remove_expired(late, 10) == ["third"]
        assert await carts.find_by_token(a_token_hash("third")) is None
        assert (await carts.get(CartId("second"))).id == "second"

    async def test_carts_in_use_are_those_that_were_touched(self, carts: Carts) -> None:
        """From that very moment on, whether they were ordered since or not."""
        for name in ("left", "used", "ordered"):
            await carts.add(a_cart(name), a_token_hash(name))
        later = NOON + timedelta(minutes=5)
        await carts.update(CartId("used"), partial(touch, now=later))
        await carts.update(CartId("ordered"), lambda held: close(touch(held, later)))

        assert sorted(await carts.touched(NOON)) == ["left", "ordered", "used"]
        assert sorted(await carts.touched(later)) == ["ordered", "used"]
        assert list(await carts.touched(later + timedelta(microseconds=1))) == []

    async def test_an_undone_unit_leaves_nothing(self, carts: Carts, unit_of_work: UnitOfWork) -> None:
        """Inside a unit its own writes are seen; when it raises, they never happened."""
        await carts.add(a_cart("old"), a_token_hash("old"))

        async def work() -> None:
            await carts.add(a_cart("new"), a_token_hash("new"))
            await carts.update(CartId("old"), _ONE_MORE)
            await carts.replace(await carts.get(CartId("old")))
            assert (await carts.get(CartId("old"))).version == 3
            assert await carts.remove_expired(NOON + 2 * LIFETIME, 10) == ["old", "new"]
            raise Refused

        with pytest.raises(Refused):
            await unit_of_work(work)
        assert await carts.find_by_token(a_token_hash("new")) is None
        assert await carts.get(CartId("old")) == a_cart("old")
