"""Take everything that is sealed or indexed to the first keys, while the shop sells."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shopcore.kernel.actor import EVERYTHING, Actor, permit
from shopcore.kernel.audit import Audit
from shopcore.kernel.sealing import Sealer
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.privacy.model import KeyUse, Place
from shopcore.privacy.model.keys import advance, begin, finish, recall
from shopcore.privacy.ports import Vault
from shopcore.privacy.steps import BATCH, CountUses


@dataclass(frozen=True, kw_only=True, slots=True)
class RotateKeys:
    """Walks over every place, a few rows at a time, and then counts what is left. Doing it again changes nothing; one
    that was broken off goes on where its note says. Whoever holds both keys can read and find everything throughout.
    """

    vault: Vault
    sealer: Sealer
    count_uses: CountUses
    audit: Audit
    unit_of_work: UnitOfWork

    async def __call__(
        self, actor: Actor, *, progress: Callable[[str, int], None] = lambda _place, _done: None
    ) -> Sequence[KeyUse]:
        """Needs every permission. `progress` hears rows done of a place. Raises `RotationUnderWay`.

        What another process still seals with an old key meanwhile is counted in the answer: then that key is not free.
        """
        permit(actor, EVERYTHING)
        sealing, index = self.sealer.sealing_keys, self.sealer.index_keys
        held = await self.vault.note(lambda noted: begin(noted, sealing, index))
        assert held.note is not None
        places = list(Place)
        for place in places[places.index(held.note.place) :]:
            await self._walk(place, held.note.after if place is held.note.place else "", progress)
        uses = await self.count_uses()
        await self.vault.note(lambda noted: finish(recall(noted, uses, sealing), uses))
        await self._record(actor, uses)
        return uses

    async def _walk(self, place: Place, after: str, progress: Callable[[str, int], None]) -> None:
        done = 0
        while keys := await self.vault.renew(place, after, BATCH):
            after, done = keys[-1], done + len(keys)
            await self._note(place, after)
            progress(place, done)

    async def _note(self, place: Place, after: str) -> None:
        await self.vault.note(lambda noted: advance(noted, place, after))

    async def _record(self, actor: Actor, uses: Sequence[KeyUse]) -> None:
        first = {use.kind.lower(): use.key for use in uses if use.first}

        async def work() -> None:
            await self.audit.record(actor, "keys.rotate", "keys", before={}, after=first)

        await self.unit_of_work(work)
