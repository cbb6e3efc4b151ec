"""Calls to the driver: inside a unit of work, and outside of one."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias, TypeVar

from pymongo.errors import PyMongoError

from shopcore.adapters.mongo.errors import TryAgain, is_conflict, translated
from shopcore.adapters.mongo.units import Session, Unit
from shopcore.kernel.stores import StoreBusy

T = TypeVar("T")
Step: TypeAlias = Callable[[Session], Awaitable[T]]
"""One or more calls to the driver, each given this session: `lambda session: carts.find_one(..., session=session)`."""


async def joined(unit: Unit, step: Step[T]) -> T:
    """Run a step of a unit. After an error of the driver the server has undone the transaction, whoever caught it."""
    if unit.failure is not None:
        raise unit.failure
    try:
        return await step(unit.session)
    except PyMongoError as error:
        unit.failure = TryAgain() if is_conflict(error) else translated(error)
        if unit.failure is error:
            raise
        raise unit.failure from error
    except TryAgain as error:
        unit.failure = error
        raise
    except asyncio.CancelledError:
        unit.failure = StoreBusy()
        raise


async def told(step: Step[T], session: Session) -> T:
    """Run a step, and tell what the driver says in the shop's words."""
    try:
        return await step(session)
    except PyMongoError as error:
        answer = translated(error)
        if answer is error:
            raise
        raise answer from error
