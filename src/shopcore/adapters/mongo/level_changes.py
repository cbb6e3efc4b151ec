"""What a file wants of a level, decided on what was read of it in the transaction that writes it."""

from datetime import datetime
from typing import TypeAlias

from bson.int64 import Int64
from pymongo import InsertOne, UpdateOne

from shopcore.adapters.mongo.movements import merchant_movement
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.inventory.errors import StockItemNotFound
from shopcore.inventory.model import LevelChange, MovementKind, StockPolicy
from shopcore.kernel.ids import Sku

Write: TypeAlias = InsertOne[Document] | UpdateOne

_FIGURES = ("on_hand", "reserved", "available", "turn", "drains")


def new_level(sku: Sku, rules: Document) -> Document:
    """A level with nothing on hand."""
    figures = dict.fromkeys(_FIGURES, Int64(0))
    return {"_id": sku, **rules, **figures, "imported": None, "open": [], "moves": []}


class Level:
    """One level on its way from what is there, if anything, to what is written."""

    def __init__(self, sku: Sku, there: Document | None, at: datetime, reason: str) -> None:
        self.movements: list[Document] = []
        self._sku = sku
        self._there = there
        self._new: Document = {}
        self._at = at
        self._reason = reason

    def take_in(self, change: LevelChange, *, is_known: bool) -> bool:
        """Whether nothing was refused. `is_known`: its movement was recorded before."""
        if change.rules is not None and not self._set_rules(*change.rules):
            return False
        return change.on_hand is None or self._set_on_hand(change.on_hand, change.movement_id, is_known=is_known)

    @property
    def write(self) -> Write | None:
        """What brings the store there; None where nothing differs."""
        if not self._new:
            return None
        if self._there is None:
            return InsertOne(self._new)
        return UpdateOne({"_id": self._sku}, {"$set": self._new})

    @property
    def _now(self) -> Document:
        return {**(self._there or {}), **self._new}

    def _set_rules(self, tracked: bool, policy: StockPolicy) -> bool:  # noqa: FBT001 - as the change has them
        rules: Document = {"tracked": tracked, "policy": policy.value}
        now = self._now
        if not now:
            self._new = new_level(self._sku, rules)
        elif _is_strict(rules) and min(now["on_hand"], now["available"]) < 0:
            return False
        elif {name: now[name] for name in rules} != rules:
            self._new |= rules
        return True

    def _set_on_hand(self, on_hand: int, movement_id: str, *, is_known: bool) -> bool:
        now = self._now
        if not now:
            raise StockItemNotFound(self._sku)
        if is_known:
            return True
        if on_hand < 0 or (_is_strict(now) and now["reserved"] > on_hand):
            return False
        turn, by = int(now["turn"]) + 1, on_hand - int(now["on_hand"])
        self._new |= {"on_hand": Int64(on_hand), "available": Int64(on_hand - now["reserved"])}
        self._new |= {"turn": Int64(turn), "imported": Int64(on_hand)}
        if by:
            kind, at = MovementKind.IMPORTED, self._at
            self.movements.append(
                merchant_movement(kind, movement_id, self._sku, at, turn=turn, on_hand=by, reason=self._reason)
            )
        return True


def _is_strict(level: Document) -> bool:
    return bool(level["tracked"] and level["policy"] == StockPolicy.DENY.value)
