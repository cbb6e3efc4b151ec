"""The contract of `shopcore.privacy.ports.Vault`."""

import asyncio
from collections.abc import Callable
from functools import partial

import msgspec
import pytest

from shopcore.identity.errors import EmailTaken
from shopcore.kernel.address import Contact
from shopcore.kernel.errors import Unavailable
from shopcore.kernel.ids import CartId, CustomerId, OrderId
from shopcore.kernel.sealing import Sealer, Unsealable
from shopcore.messages.model import RECIPIENT, Trouble
from shopcore.ordering.ports import OrderFilter
from shopcore.pricing.errors import CouponUsedUp
from shopcore.privacy.model import HeldKeys, Place, RotationNote
from shopcore.testing.contracts.identity_samples import an_account
from shopcore.testing.contracts.sales_samples import a_token_hash, an_order
from shopcore.testing.contracts.samples import NOON
from shopcore.testing.contracts.vault_samples import MIA, ONCE, Store, fill, redeemed, renewed, tallied, told


@pytest.mark.anyio
class VaultContract:
    """Override `old`, with one key of each kind; `both`, with a new one before each; `new`, with the new ones alone;
    `second`, with the new ones behind the old: all over one empty store. `sealers` are those of the first three.
    """

    @pytest.fixture
    def sealers(self) -> tuple[Sealer, Sealer, Sealer]:
        pytest.fail("override this fixture with the sealers of the three stores")

    @pytest.fixture
    def old(self) -> Store:
        pytest.fail("override this fixture with the store under the old keys")

    @pytest.fixture
    def both(self) -> Store:
        pytest.fail("override this fixture with the store under both keys, the new ones first")

    @pytest.fixture
    def new(self) -> Store:
        pytest.fail("override this fixture with the store under the new keys")

    @pytest.fixture
    def second(self) -> Store:
        pytest.fail("override this fixture with the store under both keys, the old ones first")

    async def test_everything_comes_to_the_new_keys(
        self, old: Store, both: Store, new: Store, sealers: tuple[Sealer, Sealer, Sealer]
    ) -> None:
        """Whatever a port told before, it tells afterwards without the old ones; and nothing needs those any more."""
        await fill(old)
        before = await told(old)
        with pytest.raises(Unsealable):
            await told(new)
        await renewed(both)
        sealing, index = await tallied(both)

        assert await told(both) == before == await told(new)
        assert set(sealing) == {sealers[1].sealing_keys[0]}
        assert sum(sealing.values()) == 7
        assert index == {sealers[1].index_keys[0]: 3}

    async def test_what_still_needs_a_key_is_counted(
        self, old: Store, both: Store, sealers: tuple[Sealer, Sealer, Sealer]
    ) -> None:
        """One value that somebody sealed and indexed with the old ones is not overlooked among those that are done."""
        await fill(old)
        await renewed(both)
        await old.orders.add(an_order("late"), a_token_hash("late"))
        sealing, index = await tallied(both)

        assert sealing[sealers[0].sealing_keys[0]] == 1
        assert index[sealers[0].index_keys[0]] == 1

    async def test_batches_come_to_the_end(self, old: Store, both: Store) -> None:
        """Two rows at a time, each once, in the order of their keys; a second walk changes none."""
        for name in ("a", "b", "c", "d", "e"):
            await old.accounts.add(an_account(name))
        walked: list[str] = []
        after = ""
        while keys := await both.vault.renew(Place.ACCOUNTS, after, 2):
            assert len(keys) <= 2
            walked.extend(keys)
            after = keys[-1]
        versions = [(await both.accounts.get(CustomerId(name))).version for name in walked]

        assert walked == ["a", "b", "c", "d", "e"]
        assert versions == [1] * 5
        assert list(await both.vault.renew(Place.ACCOUNTS, "", 10)) == walked

    async def test_an_account_is_found_by_every_process(self, old: Store, both: Store, new: Store) -> None:
        """Before the walk by those that hold its key, after it by all."""
        await old.accounts.add(an_account("ann"))
        await both.accounts.add(an_account("bob"))

        assert await both.accounts.find_by_email("ann@post.example") is not None
        assert await both.accounts.find_by_key(old.accounts.key_of("ann@post.example")) is not None
        await renewed(both)
        for store in (both, new):
            for name in ("ann", "bob"):
                found = await store.accounts.find_by_email(f"{name}@post.example")
                assert found == an_account(name)
                assert await store.accounts.find_by_key(both.accounts.key_of(f"{name}@post.example")) == found

    async def test_two_processes_never_make_two_accounts_of_one_address(
        self, old: Store, both: Store, new: Store
    ) -> None:
        """One knows both keys already, the other is restarted later: whichever is first, and also at one moment."""
        await old.accounts.add(an_account("ann"))
        with pytest.raises(EmailTaken):
            await both.accounts.add(an_account("eve", email="ann@post.example"))
        await both.accounts.add(an_account("bob"))
        with pytest.raises(EmailTaken):
            await old.accounts.add(an_account("tom", email="bob@post.example"))
        await renewed(both)
        with pytest.raises(EmailTaken):
            await new.accounts.add(an_account("zoe", email="ann@post.example"))
        for number in range(5):
            email = f"{number}@post.example"
            stores = {"b": both, "n": new}
            adding = [store.accounts.add(an_account(f"{name}{number}", email=email)) for name, store in stores.items()]
            outcomes = await asyncio.gather(*adding, return_exceptions=True)
            assert [type(outcome) for outcome in outcomes if outcome] == [EmailTaken]

    async def test_an_address_is_free_under_every_key_again(self, old: Store, both: Store, new: Store) -> None:
        """A change of address and a removal leave no entry behind, also by a process that does not hold each key."""
        for name in ("ann", "bob"):
            await old.accounts.add(an_account(name))
        await renewed(both)
        moved = partial(msgspec.structs.replace, email="anna@post.example")
        await new.accounts.update(CustomerId("ann"), moved)
        await new.accounts.remove(CustomerId("bob"))

        for name in ("ann", "bob"):
            assert await both.accounts.find_by_email(f"{name}@post.example") is None
            await both.accounts.add(an_account(f"another {name}", email=f"{name}@post.example"))
        assert await new.accounts.find_by_email("anna@post.example") is not None

    async def test_the_note_is_kept(self, old: Store, both: Store) -> None:
        """Also how far a rotation came; a change that refuses changes nothing; two changes at once are both kept."""
        assert await old.vault.held() == HeldKeys()
        note = RotationNote(sealing="k2", index="i2", place=Place.ORDERS, after="7")
        kept = await old.vault.note(lambda _: HeldKeys(sealing=("k1",), note=note))

        def refuse(_: HeldKeys) -> HeldKeys:
            raise EmailTaken

        with pytest.raises(EmailTaken):
            await both.vault.note(refuse)
        assert await both.vault.held() == kept == HeldKeys(sealing=("k1",), note=note)
        await asyncio.gather(*(store.vault.note(_sealed_also(key)) for key, store in (("k2", old), ("k3", both))))
        assert sorted((await old.vault.held()).sealing) == ["k1", "k2", "k3"]

    async def test_who_lacks_a_noted_key_writes_no_account(
        self, old: Store, both: Store, sealers: tuple[Sealer, Sealer, Sealer]
    ) -> None:
        """Nor another address; all else it may. From the moment on at which the note was made."""
        await old.accounts.add(an_account("ann"))
        await both.vault.note(lambda held: msgspec.structs.replace(held, index=tuple(sealers[1].index_keys)))
        with pytest.raises(Unavailable):
            await old.accounts.add(an_account("bob"))
        with pytest.raises(Unavailable):
            await old.accounts.update(CustomerId("ann"), partial(msgspec.structs.replace, email="a@post.example"))
        named = await old.accounts.update(CustomerId("ann"), partial(msgspec.structs.replace, name="Anna"))
        await both.accounts.add(an_account("bob"))

        assert named.name == "Anna"
        assert await old.accounts.find_by_email("ann@post.example") == named

    async def test_a_note_and_an_account_exclude_each_other(
        self, old: Store, both: Store, sealers: tuple[Sealer, Sealer, Sealer]
    ) -> None:
        """However they meet: an account that was written by one key alone is there for the walk behind the note."""
        adding = [_tried(old, f"{number}") for number in range(8)]
        noting = both.vault.note(lambda held: msgspec.structs.replace(held, index=tuple(sealers[1].index_keys)))
        *added_, _ = await asyncio.gather(*adding, noting)
        await renewed(both)

        for number, was_added in enumerate(added_):
            found = await both.accounts.find_by_email(f"{number}@post.example")
            assert (found is not None) == was_added
        assert sealers[0].index_keys[0] not in (await tallied(both))[1]

    async def test_orders_are_found_by_address_throughout(self, old: Store, both: Store, new: Store) -> None:
        """Those of before and those of now on one page, in their order, none twice."""
        for minutes, (name, store) in enumerate((("1", old), ("2", both), ("3", old), ("4", both))):
            await store.orders.add(an_order(name, minutes=minutes), a_token_hash(name))
        wanted = OrderFilter(email=MIA)
        during = await both.order_list.page(wanted, None, 10)
        first = await both.order_list.page(wanted, None, 3)
        second = await both.order_list.page(wanted, first.next_position, 3)
        await renewed(both)

        assert [order.id for order in during.items] == ["4", "3", "2", "1"]
        assert [order.id for order in (*first.items, *second.items)] == ["4", "3", "2", "1"]
        assert [order.id for order in (await new.order_list.page(wanted, None, 10)).items] == ["4", "3", "2", "1"]

    async def test_a_coupon_counts_its_customer_throughout(self, old: Store, both: Store, new: Store) -> None:
        """Used once before, it is used up during the change and after it; given back, it is free again."""
        await old.coupons.put(ONCE)
        await redeemed(old, "1")
        for store in (both, both, new):
            with pytest.raises(CouponUsedUp):
                await redeemed(store, "2")
            await renewed(both)
        await new.coupons.give_back(OrderId("1"))
        await redeemed(new, "3")

    async def test_uses_of_coupons_are_walked_over_once_each(self, old: Store, both: Store) -> None:
        """However few at a time, also where one order has used two."""
        twice = msgspec.structs.replace(ONCE, code="A/B")
        for coupon in (ONCE, twice):
            await old.coupons.put(coupon)
        await redeemed(old, "1")
        await old.orders.add(an_order("2"), a_token_hash("2"))

        async def work() -> None:
            await old.coupons.redeem(twice, OrderId("1"), MIA, NOON)
            await old.coupons.redeem(twice, OrderId("2"), "eve@post.example", NOON)

        await old.unit_of_work(work)
        walked: list[str] = []
        after = ""
        while keys := await both.vault.renew(Place.REDEMPTIONS, after, 1):
            walked += keys
            after = keys[-1]

        assert len(walked) == len(set(walked)) == 3

    async def test_a_buyer_who_was_forgotten_is_known_by_no_coupon(self, old: Store, both: Store, new: Store) -> None:
        """Nobody can tell the address any more, so the use counts for the coupon alone."""
        await old.coupons.put(ONCE)
        await redeemed(old, "1")
        await old.orders.update(OrderId("1"), partial(msgspec.structs.replace, contact=Contact()))
        await renewed(both)
        await redeemed(new, "2")
        await new.coupons.give_back(OrderId("1"))

    @pytest.mark.parametrize("address", ["ann@post.example", MIA])
    async def test_who_must_not_be_written_to_is_known_throughout(
        self, old: Store, both: Store, new: Store, sealers: tuple[Sealer, Sealer, Sealer], address: str
    ) -> None:
        """An account's address or an order's; also where a harmless report came under the new key meanwhile."""
        was, now, alone = (sealer.blind_indexes(address, RECIPIENT) for sealer in sealers)
        await fill(old)
        await old.troubled_addresses.note(was[0], Trouble.COMPLAINED, NOON)
        await both.troubled_addresses.note(now[0], Trouble.DELAYED, NOON)
        meanwhile = await both.troubled_addresses.find(now)
        await renewed(both)
        after = await new.troubled_addresses.find(alone)

        assert [one and (one.suppressed_by, one.delays) for one in (meanwhile, after)] == [(Trouble.COMPLAINED, 1)] * 2
        assert [one.id for one in await new.troubled_addresses.latest(10)] == list(alone)

    async def test_what_is_written_meanwhile_is_kept(self, second: Store, both: Store, new: Store) -> None:
        """Changes of the same rows, from a process that seals with the old key: none is lost, each can be read."""
        await fill(second)

        async def change(number: int) -> None:
            contact = Contact(email=f"{number}@post.example")
            await second.orders.update(OrderId("order"), partial(msgspec.structs.replace, contact=contact))
            await second.carts.update(CartId("cart"), partial(msgspec.structs.replace, contact=contact))
            await second.accounts.update(CustomerId("ann"), partial(msgspec.structs.replace, name=f"{number}"))

        async def both_at_once(number: int) -> None:
            await asyncio.gather(change(number), renewed(both))

        for number in range(5):
            await both_at_once(number)
        await renewed(both)

        assert (await new.orders.get(OrderId("order"))).contact.email == "4@post.example"
        assert (await new.carts.get(CartId("cart"))).contact.email == "4@post.example"
        assert (await new.accounts.get(CustomerId("ann"))).name == "4"

    async def test_a_store_is_new_until_somebody_is_in_it(self, old: Store) -> None:
        """An account, or an order."""
        assert await old.vault.is_new()
        await old.accounts.add(an_account("ann"))
        assert not await old.vault.is_new()
        await old.accounts.remove(CustomerId("ann"))
        await old.orders.add(an_order("1"), a_token_hash("1"))
        assert not await old.vault.is_new()


def _sealed_also(key: str) -> Callable[[HeldKeys], HeldKeys]:
    return lambda held: msgspec.structs.replace(held, sealing=(*held.sealing, key))


async def _tried(store: Store, name: str) -> bool:
    try:
        await store.accounts.add(an_account(name))
    except Unavailable:
        return False
    return True
