"""`shop keys`: one key takes another's place, step by step, as the how-to says."""

import asyncio
import base64

import pytest
from tests.unit.cli.conftest import Buy, Run, complaint, decoded, inside

from shopcore.kernel.actor import Guest
from shopcore.kernel.ids import Sku
from shopcore.privacy.model import HeldKeys, Tally
from shopcore.privacy.model.keys import finish, recall, uses_of
from shopcore.shop import Shop
from shopcore.shopping.model import CartChanges

OLD, NEW = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))
OLD_INDEX, NEW_INDEX = (base64.b64encode(bytes([number]) * 32).decode() for number in (3, 4))


class Keys:
    """The keys of the environment."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._set = monkeypatch.setenv
        self._set("SIGNING_KEY", base64.b64encode(b"s" * 32).decode())
        self.are(f"k1:{OLD}", OLD_INDEX)

    def are(self, sealing: str, index: str) -> None:
        """Every process that is started from now on has these."""
        self._set("SEALING_KEYS", sealing)
        self._set("INDEX_KEY", index)


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> Keys:
    return Keys(monkeypatch)


def needed(shop: Run) -> dict[str, list[int]]:
    """What needs each key, the first of its setting before the others."""
    uses = decoded(shop("keys", "list", "--json"))
    return {kind: [use["values"] for use in uses if use["kind"] == kind] for kind in ("SEALING_KEYS", "INDEX_KEY")}


def test_keys_are_exchanged(shop: Run, keys: Keys, buy: Buy) -> None:
    """Everything is counted under the old ones, taken to the new ones, and read without the old; nothing twice."""
    number = buy().number
    before = needed(shop)
    keys.are(f"k1:{OLD},k2:{NEW}", f"{OLD_INDEX},{NEW_INDEX}")
    second = needed(shop)
    keys.are(f"k2:{NEW},k1:{OLD}", f"{NEW_INDEX},{OLD_INDEX}")
    first = needed(shop)
    rotated = shop("keys", "rotate").stdout
    again = decoded(shop("keys", "rotate", "--json"))
    keys.are(f"k2:{NEW}", NEW_INDEX)

    sealed, indexed = before["SEALING_KEYS"][0], before["INDEX_KEY"][0]
    assert (sealed, indexed) == (2, 1)
    assert second == {"SEALING_KEYS": [sealed, 0], "INDEX_KEY": [indexed, 0]}
    assert first == {"SEALING_KEYS": [0, sealed], "INDEX_KEY": [0, indexed]}
    assert rotated.count("free") == 3
    assert [use["values"] for use in again] == [sealed, 0, indexed, 0]
    assert needed(shop) == before
    assert "ann@example.com" in shop("orders", "show", number).stdout
    assert number in shop("orders", "list", "--email", "ann@example.com").stdout


def test_a_key_that_is_needed_is_not_done_without(shop: Run, keys: Keys, buy: Buy) -> None:
    """The shop is not opened; with it, all is as it was. Nor without the index."""
    buy()
    keys.are(f"k2:{NEW}", OLD_INDEX)
    assert complaint(shop("orders", "list", status=1)).startswith("the key k1 of SEALING_KEYS is missing")
    keys.are(f"k1:{OLD}", NEW_INDEX)
    assert "of INDEX_KEY is missing" in complaint(shop("orders", "list", status=1))
    keys.are(f"k2:{NEW},k1:{OLD}", f"{NEW_INDEX},{OLD_INDEX}")
    shop("keys", "rotate")
    keys.are(f"k2:{NEW},k1:{OLD}", OLD_INDEX)
    assert "of INDEX_KEY is missing" in complaint(shop("orders", "list", status=1))


def test_what_a_server_still_seals_with_the_old_key_is_told(shop: Run, keys: Keys, buy: Buy) -> None:
    """The rotation says which key is not free, and that servers have to be started again."""
    buy()
    keys.are(f"k2:{NEW},k1:{OLD}", f"{NEW_INDEX},{OLD_INDEX}")
    shop("keys", "rotate")
    keys.are(f"k1:{OLD},k2:{NEW}", f"{OLD_INDEX},{NEW_INDEX}")
    buy()
    keys.are(f"k2:{NEW},k1:{OLD}", f"{NEW_INDEX},{OLD_INDEX}")
    listed = shop("keys", "list").stdout

    assert "still needed" in listed
    assert "free" not in listed

    shop("keys", "rotate")
    assert "still needed" not in shop("keys", "list").stdout


def test_a_key_that_was_free_is_needed_again_where_a_late_server_seals_with_it(shop: Run, keys: Keys, buy: Buy) -> None:
    """It had the old key in front, and was idle while the values were counted. Whoever looks again has it noted."""
    buy()
    keys.are(f"k1:{OLD},k2:{NEW}", OLD_INDEX)

    async def be_late(opened: Shop) -> str:
        keys.are(f"k2:{NEW},k1:{OLD}", OLD_INDEX)
        rotated = await asyncio.to_thread(shop, "keys", "rotate")
        cart = await opened.as_(Guest()).cart.add_item(sku=Sku("CEDAR-PENCILS_HB"), quantity=1)
        await opened.as_(Guest(cart_token=cart.token)).cart.update(changes=CartChanges(email="ann@example.com"))
        return rotated.stdout

    assert inside(be_late).count("free") >= 1
    assert needed(shop)["SEALING_KEYS"][1] == 1
    keys.are(f"k2:{NEW}", OLD_INDEX)
    assert complaint(shop("orders", "list", status=1)).startswith("the key k1 of SEALING_KEYS is missing")
    keys.are(f"k2:{NEW},k1:{OLD}", OLD_INDEX)
    shop("keys", "rotate")
    keys.are(f"k2:{NEW}", OLD_INDEX)
    assert len(needed(shop)["SEALING_KEYS"]) == 1


def test_a_count_that_finds_a_key_in_use_has_it_noted() -> None:
    """Also behind a walk, and only a key that is there: a lost one does not keep the shop from being opened."""
    uses = uses_of(Tally(sealing={"k1": 1, "lost": 1}), ("k2", "k1"), ("i",))
    noted = HeldKeys(sealing=("k2",), index=("i",))

    assert finish(recall(noted, uses, ("k2", "k1")), uses).sealing == ("k2", "k1")


def test_two_index_keys_are_for_a_store_that_tells_which_was_there(shop: Run, keys: Keys) -> None:
    """A new shop may be begun in the middle of an exchange."""
    keys.are(f"k2:{NEW},k1:{OLD}", f"{NEW_INDEX},{OLD_INDEX}")

    assert needed(shop) == {"SEALING_KEYS": [0, 0], "INDEX_KEY": [0, 0]}
