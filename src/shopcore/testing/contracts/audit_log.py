"""The contract of `shopcore.audit.ports.AuditLog`."""

import asyncio

import pytest
from msgspec import UNSET

from shopcore.audit.errors import PlaceTaken
from shopcore.audit.model import Entry, chain, following
from shopcore.audit.ports import AuditLog
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.testing.contracts.pages import everything, through_a_cursor
from shopcore.testing.contracts.samples import NOON, Refused


def after(last: Entry | None, action: str = "stock.adjust") -> Entry:
    """An entry that follows the last one."""
    sequence, previous = following(last)
    entry = Entry(
        sequence=sequence,
        at=NOON,
        actor="staff:somebody",
        action=action,
        subject="sku:SHIRT",
        before={"on_hand": "5"},
        after={"on_hand": "7"},
        correlation_id="request-1",
        previous=previous,
        origin="198.51.100.0/24" if sequence % 2 else UNSET,
    )
    return chain(entry)


@pytest.mark.anyio
class AuditLogContract:
    """Override `audit_log` and `unit_of_work`."""

    @pytest.fixture
    def audit_log(self) -> AuditLog:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def unit_of_work(self) -> UnitOfWork:
        pytest.fail("override this fixture with the unit of work that the port joins")

    async def test_entries_are_kept_as_they_were_written(self, audit_log: AuditLog) -> None:
        """Oldest first, a page at a time, each once, with every field and its place in the chain."""
        written: list[Entry] = []
        for number in range(7):
            written.append(after(written[-1] if written else None, f"act {number}"))
            await audit_log.append(written[-1])

        found = await everything(audit_log.page, 3)
        assert found == written
        assert await audit_log.last() == written[-1]

    async def test_the_latest_come_first(self, audit_log: AuditLog) -> None:
        """A page at a time, each once, also while others are added."""
        for number in range(7):
            await audit_log.append(after(await audit_log.last(), f"act {number}"))
        first = await audit_log.latest(None, 3)
        await audit_log.append(after(await audit_log.last(), "meanwhile"))
        second = await audit_log.latest(through_a_cursor(first.next_position), 3)
        third = await audit_log.latest(through_a_cursor(second.next_position), 3)

        pages = [[entry.action for entry in page.items] for page in (first, second, third)]
        assert pages == [["act 6", "act 5", "act 4"], ["act 3", "act 2", "act 1"], ["act 0"]]
        assert third.next_position is None
        assert (await audit_log.latest(None, 1)).items == [await audit_log.last()]

    async def test_a_new_log_is_empty(self, audit_log: AuditLog) -> None:
        """It has no last entry."""
        assert await audit_log.last() is None
        assert (await audit_log.page(None, 10)).items == []
        assert (await audit_log.latest(None, 10)).items == []

    async def test_a_place_is_taken_once(self, audit_log: AuditLog) -> None:
        """Five entries want to be the first at the same moment: one is, the others are refused."""
        rivals = [after(None, f"act {number}") for number in range(5)]

        answers = await asyncio.gather(*(audit_log.append(rival) for rival in rivals), return_exceptions=True)

        assert sorted(type(answer).__name__ for answer in answers) == ["NoneType", *["PlaceTaken"] * 4]
        assert (await audit_log.page(None, 10)).items == [await audit_log.last()]
        assert await audit_log.last() in rivals

    async def test_units_that_read_the_last_never_meet(self, audit_log: AuditLog, unit_of_work: UnitOfWork) -> None:
        """Twenty at the same moment, each in a unit of its own: one chain without a gap."""

        async def work() -> None:
            await audit_log.append(after(await audit_log.last()))

        await asyncio.gather(*(unit_of_work(work) for _ in range(20)))

        entries = (await audit_log.page(None, 100)).items
        assert [entry.sequence for entry in entries] == list(range(1, 21))
        assert [entry.previous for entry in entries[1:]] == [entry.digest for entry in entries[:-1]]

    async def test_an_undone_unit_leaves_nothing(self, audit_log: AuditLog, unit_of_work: UnitOfWork) -> None:
        """The entry belongs to the act: undone together."""
        await audit_log.append(after(None))
        first = await audit_log.last()

        async def work() -> None:
            await audit_log.append(after(first))
            last = await audit_log.last()
            assert last is not None
            assert last.sequence == 2
            with pytest.raises(PlaceTaken):
                await audit_log.append(after(first, "late"))
            raise Refused

        with pytest.raises(Refused):
            await unit_of_work(work)
        assert await audit_log.last() == first
