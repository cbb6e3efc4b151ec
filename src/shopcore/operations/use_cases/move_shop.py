"""Move a whole shop from one store to another, and prove that all of it arrived."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import msgspec

from shopcore.kernel.actor import EVERYTHING, Actor, permit
from shopcore.operations.errors import MoveDiffers, MoveUnfinished, TargetNotEmpty
from shopcore.operations.model import MovedShelf, MoveNote, MoveProgress
from shopcore.operations.steps.goods_shelves import remove_methods
from shopcore.operations.steps.keeper import Keeper
from shopcore.operations.steps.shelf import BATCH, Shelf, summed
from shopcore.operations.steps.shelves import shelves_of


@dataclass(frozen=True, kw_only=True, slots=True)
class MoveShop:
    """Copies shelf by shelf, then reads both stores and compares. The source is only read. A move that was broken off
    is gone on with by running it again: a note in the target says how far it came, and until it is done the target is
    no shop. Nobody may use either store meanwhile; a use that changed anything is found by the comparison.
    """

    source: Keeper
    target: Keeper

    async def __call__(
        self, actor: Actor, *, name: str, progress: Callable[[MoveProgress], None] = lambda _now: None
    ) -> Sequence[MovedShelf]:
        """Needs every permission. `name` is the source's, and `progress` hears how far it is.

        Raises `TargetNotEmpty`, `MoveUnfinished` or `MoveDiffers`.
        """
        permit(actor, EVERYTHING)
        shelves = list(zip(shelves_of(self.source), shelves_of(self.target), strict=True))
        note = await self._begin(name, [target for _, target in shelves])
        seen = await self._state()
        watch = partial(_watching, progress, 2 * len(shelves))
        for stage, (source, target) in enumerate(shelves[note.shelf :], note.shelf):
            note = await self._copy(source, target, note, watch(stage, f"Copied {source.name}"))
        compared = enumerate(shelves, len(shelves))
        moved = [await self._compare(*pair, watch(stage, f"Compared {pair[0].name}")) for stage, pair in compared]
        if await self._state() != seen:
            raise MoveDiffers("the source's own counters")
        await self.target.holdings.note(None)
        return moved

    async def _begin(self, name: str, targets: Sequence[Shelf]) -> MoveNote:
        noted = await self.source.holdings.noted()
        if noted is not None:
            raise MoveUnfinished("source", msgspec.json.decode(noted, type=MoveNote).source)
        noted = await self.target.holdings.noted()
        if noted is not None:
            note = msgspec.json.decode(noted, type=MoveNote)
            if note.source != name:
                raise MoveUnfinished("target", note.source)
            if note.shelf == 0:
                await remove_methods(self.target)
            return note
        methods = {method.code for method in await self.target.shipping_methods.everything()}
        for shelf in targets:
            if await shelf.read("", 1) and not (shelf.name == "shipping methods" and methods == {"standard"}):
                raise TargetNotEmpty(shelf.name)
        note = MoveNote(source=name)
        await self._write(note)
        await remove_methods(self.target)
        return note

    async def _copy(self, source: Shelf, target: Shelf, note: MoveNote, watch: Callable[[int], None]) -> MoveNote:
        done = 0
        while batch := await source.read(note.after, BATCH):
            await target.put([thing for _, thing in batch])
            done += len(batch)
            note = msgspec.structs.replace(note, after=batch[-1][0])
            await self._write(note)
            watch(done)
        note = MoveNote(source=note.source, shelf=note.shelf + 1)
        await self._write(note)
        return note

    async def _compare(self, source: Shelf, target: Shelf, watch: Callable[[int], None]) -> MovedShelf:
        there, here = await summed(source, watch), await summed(target)
        if there != here:
            raise MoveDiffers(source.name, (there[0], here[0]))
        return MovedShelf(name=source.name, count=there[0], sha256=there[1])

    async def _state(self) -> tuple[int, int]:
        """What nearly every use of the source changes."""
        last = await self.source.audit_log.last()
        return await self.source.revision.current(), 0 if last is None else last.sequence

    async def _write(self, note: MoveNote) -> None:
        await self.target.holdings.note(msgspec.json.encode(note).decode())


def _watching(progress: Callable[[MoveProgress], None], stages: int, stage: int, doing: str) -> Callable[[int], None]:
    return lambda things: progress(MoveProgress(doing=doing, things=things, stage=stage, stages=stages))
