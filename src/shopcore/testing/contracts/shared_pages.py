"""The contract of `shopcore.operations.ports.SharedPages`."""

import asyncio

import pytest

from shopcore.operations.ports import SharedPage, SharedPages

_LIFETIME = 1.0  # seconds


@pytest.mark.anyio
class SharedPagesContract:
    """Override `pages`, and `elsewhere`: the pages as another process of the same shop has them."""

    @pytest.fixture
    async def pages(self) -> SharedPages:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    async def elsewhere(self) -> SharedPages:
        pytest.fail("override this fixture with the same port as another process has it")

    async def test_what_one_has_made_the_others_find(self, pages: SharedPages, elsewhere: SharedPages) -> None:
        """Byte for byte, and with its age."""
        content = bytes(range(256))
        looked = await pages.find(b"/products/tee?", 7)
        await pages.keep(b"/products/tee?", 7, content, looked.looked_at)
        found = await elsewhere.find(b"/products/tee?", 7)

        assert looked.content is None
        assert found.content == content
        assert 0 <= found.age_seconds <= _LIFETIME

    async def test_another_revision_or_address_is_another_page(self, pages: SharedPages) -> None:
        """An old price is not found once the catalogue has changed."""
        looked = await pages.find(b"/products/tee?", 7)
        await pages.keep(b"/products/tee?", 7, b"old", looked.looked_at)

        assert (await pages.find(b"/products/tee?", 8)).content is None
        assert (await pages.find(b"/products/tee?currency=EUR", 7)).content is None

    async def test_a_page_ends_with_its_second(self, pages: SharedPages, elsewhere: SharedPages) -> None:
        """However it is looked for, it is never told to be older than that."""
        looked = await pages.find(b"page", 1)
        await pages.keep(b"page", 1, b"young", looked.looked_at)
        ages = []
        async with asyncio.timeout(10 * _LIFETIME):
            while (found := await elsewhere.find(b"page", 1)).content is not None:
                ages.append(found.age_seconds)
                await asyncio.wait([asyncio.ensure_future(asyncio.sleep(0.05))])

        assert ages == sorted(ages)
        assert ages[-1] <= _LIFETIME

    async def test_a_page_that_took_too_long_is_not_kept(self, pages: SharedPages) -> None:
        """Its second is counted from the look before it was made, not from when it was done."""
        looked = await pages.find(b"slow", 1)
        assert looked.looked_at is not None
        await pages.keep(b"slow", 1, b"stale", looked.looked_at - 1_001)

        assert (await pages.find(b"slow", 1)).content is None

    async def test_without_a_look_nothing_is_kept(self, pages: SharedPages) -> None:
        """Nobody could say how old it is."""
        await pages.keep(b"blind", 1, b"of any age", SharedPage().looked_at)

        assert (await pages.find(b"blind", 1)).content is None

    async def test_many_may_keep_the_same_page(self, pages: SharedPages, elsewhere: SharedPages) -> None:
        """Two servers that made it at once do each other no harm."""
        looks = await asyncio.gather(*(each.find(b"twice", 1) for each in (pages, elsewhere)))
        await asyncio.gather(
            pages.keep(b"twice", 1, b"same", looks[0].looked_at),
            elsewhere.keep(b"twice", 1, b"same", looks[1].looked_at),
        )

        assert (await pages.find(b"twice", 1)).content == b"same"
