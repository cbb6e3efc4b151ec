"""A use case with its actor filled in, its signature unchanged."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Concatenate, ParamSpec, TypeVar

from shopcore.kernel.actor import Actor

P = ParamSpec("P")
R = TypeVar("R")


def bound(use_case: Callable[Concatenate[Actor, P], Awaitable[R]], actor: Actor) -> Callable[P, Awaitable[R]]:
    """A use case with its actor filled in."""
    return partial(use_case, actor)
