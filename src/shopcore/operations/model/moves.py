"""A shop that moves from one store to another."""

import msgspec


class MoveNote(msgspec.Struct, frozen=True, kw_only=True):
    """How far a move has come: from where, which shelf it is at, and after which key of it."""

    source: str
    shelf: int = 0
    after: str = ""


class MoveProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a move is: a shelf is a stage (from 0) when it is copied, and another when it is compared."""

    doing: str
    things: int = 0
    stage: int
    stages: int


class MovedShelf(msgspec.Struct, frozen=True, kw_only=True):
    """What arrived: how many things, and a hash that is the same in both stores."""

    name: str
    count: int
    sha256: str
