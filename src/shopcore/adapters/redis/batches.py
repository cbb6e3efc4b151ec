"""Scripts that are asked for at the same moment, carried to Redis and back together.

A round trip costs this process more than Redis needs for the answer, and most of it is paid per trip. So the questions
that come while one is under way wait for the next: alone one takes as long as ever, in a crowd each costs a fraction,
and one connection is enough for all.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from contextvars import Context
from functools import partial
from typing import Any, NamedTuple

from redis.asyncio import Redis
from redis.exceptions import NoScriptError

from shopcore.adapters.redis.link import Link

_AT_ONCE = 128  # questions of one trip: more would let the first wait for the last


class Script:
    """A script in Lua that touches one key, so that each finds its own place in a cluster."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.digest = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


class Question(NamedTuple):
    """A script, its key and its arguments."""

    script: Script
    key: str
    arguments: tuple[str | int, ...]


class Batches:
    """Asks the questions of one process. Belongs to one event loop."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._waiting: list[tuple[Question, asyncio.Future[Any]]] = []
        self._is_under_way = False
        self._trips: asyncio.Task[None] | None = None

    async def ask(self, question: Question) -> Any:
        """The answer of a script. Raises `RedisUnreachable` within the deadline, and at once while Redis is gone."""
        if self._is_under_way:
            answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
            self._waiting.append((question, answer))
            return await answer
        self._is_under_way = True
        try:
            return await self._link.ask(partial(_answer, question))
        except Exception as error:
            self._refuse(self._taken(len(self._waiting)), error)
            raise
        finally:
            self._is_under_way = bool(self._waiting)
            if self._waiting:
                # In a context of its own: the deadline of the one who began is not that of the others.
                self._trips = asyncio.create_task(self._travel(), name="redis questions", context=Context())

    async def close(self) -> None:
        """Wait until everybody has an answer."""
        if self._trips is not None:
            await self._trips

    async def _travel(self) -> None:
        """Until nobody waits."""
        while batch := self._taken(_AT_ONCE):
            try:
                answers = await self._link.ask(partial(_answers, [question for question, _ in batch]))
            except Exception as error:  # noqa: BLE001 - whatever it is, it is theirs: else they would wait for ever
                # Who waits for the next trip has waited as long as these did, and it would not fare better.
                self._refuse(batch + self._taken(len(self._waiting)), error)
            else:
                for (_, waiting), answer in zip(batch, answers, strict=True):
                    if not waiting.done():
                        waiting.set_result(answer)
        self._is_under_way = False

    def _taken(self, count: int) -> list[tuple[Question, "asyncio.Future[Any]"]]:
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        return batch

    def _refuse(self, batch: "list[tuple[Question, asyncio.Future[Any]]]", error: Exception) -> None:
        for _, waiting in batch:
            if not waiting.done():
                waiting.set_exception(error)


async def _answer(question: Question, client: Redis) -> Any:
    """One question alone."""
    script, key, arguments = question
    try:
        return await client.evalsha(script.digest, 1, key, *arguments)
    except NoScriptError:
        await client.script_load(script.text)
        return await client.evalsha(script.digest, 1, key, *arguments)


async def _answers(questions: Sequence[Question], client: Redis) -> Sequence[Any]:
    """One trip; a second one where Redis does not know a script yet, as after it was started anew."""
    answers = await _send(client, questions)
    unknown = [place for place, answer in enumerate(answers) if isinstance(answer, NoScriptError)]
    if unknown:
        for text in {questions[place].script.text for place in unknown}:
            await client.script_load(text)
        again = await _send(client, [questions[place] for place in unknown])
        for place, answer in zip(unknown, again, strict=True):
            answers[place] = answer
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    return answers


async def _send(client: Redis, questions: Sequence[Question]) -> list[Any]:
    pipeline: Any = client.pipeline(transaction=False)
    for script, key, arguments in questions:
        pipeline.execute_command("EVALSHA", script.digest, 1, key, *arguments)
    answers: list[Any] = await pipeline.execute(raise_on_error=False)
    return answers
