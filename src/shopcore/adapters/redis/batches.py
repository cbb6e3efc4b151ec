"""Scripts that are asked for at the same moment, carried to Redis and back together.

A round trip costs this process more than Redis needs for the answer, and most of it is paid per trip. So the questions
that come in one turn of the loop go together, and those that come while a trip is under way wait for the next: alone
one takes as long as ever, in a crowd each costs a fraction, and one connection is enough for all.
"""

import asyncio
import hashlib
import math
import time
from collections.abc import Sequence
from contextvars import Context
from functools import lru_cache, partial
from itertools import repeat
from typing import Any, NamedTuple

from redis.asyncio import Redis
from redis.exceptions import NoScriptError, ResponseError

from shopcore.adapters.redis.client import is_cluster
from shopcore.adapters.redis.errors import RedisUnreachable, advice_on
from shopcore.adapters.redis.link import Link
from shopcore.kernel.deadline import seconds_left, until

_AT_ONCE = 128  # questions of one trip: more would let the first wait for the last


class Script:
    """A script in Lua that touches one key, so that each finds its own place in a cluster.

    One `of_many` takes several keys as well, each with as many arguments, and answers one word for each, with blanks
    between them: in a crowd one call and one answer then do for all of them, where a single server has all keys.
    """

    def __init__(self, text: str, *, of_many: bool = False) -> None:
        self.text = text
        self.of_many = of_many
        self.digest = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
        self.call = b"$7\r\nEVALSHA\r\n$40\r\n%b\r\n" % self.digest.encode()


class Question(NamedTuple):
    """A script, its key and its arguments."""

    script: Script
    key: str
    arguments: tuple[str | int, ...]


class _Waiting(NamedTuple):
    """Who waits for an answer, the moment until which it is of use to them, and when Redis's deadline is over."""

    question: Question
    answer: "asyncio.Future[Any]"
    until: float
    due: float


class Batches:
    """Asks the questions of one process. Belongs to one event loop."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._waiting: list[_Waiting] = []
        self._trips: asyncio.Task[None] | None = None
        self._step_seconds: float | None = None
        self._connection: Any = None  # kept, since there is one trip at a time; the pool closes it with the others

    async def ask(self, question: Question) -> Any:
        """The answer of a script. Raises `RedisUnreachable` within the deadline, and at once while Redis is gone."""
        now, answer = time.monotonic(), asyncio.get_running_loop().create_future()
        left = seconds_left(self._link.deadline, now)
        is_pressed = left < self._link.deadline
        until = now + left if is_pressed else math.inf
        self._waiting.append(_Waiting(question, answer, until, now + self._link.deadline))
        if self._trips is None or self._trips.done():
            # It sets out in the next turn of the loop, with whatever else is asked in this one; in a context of its
            # own, since the deadline of the one who began is not that of the others.
            self._trips = asyncio.create_task(self._travel(), name="redis questions", context=Context())
        if not is_pressed:
            return await answer
        try:
            async with asyncio.timeout(left):
                return await answer
        except TimeoutError as error:
            raise RedisUnreachable(advice_on(error)) from error

    async def close(self) -> None:
        """Wait until everybody has an answer."""
        if self._trips is not None:
            await self._trips

    async def _travel(self) -> None:
        """Until nobody waits. Who came while a trip was under way has waited for that one, and takes what is left: a
        trip that is cut short by this is no failure of Redis, which may still answer each that is alone in time, but
        that it is slow is counted; and none of its questions waits any longer.
        """
        is_first = True
        while batch := self._taken(_AT_ONCE):
            ends = max(each.until for each in batch)
            is_waited_for = not is_first and batch[0].due < ends
            ends, is_first = batch[0].due if is_waited_for else ends, False
            try:
                with until(ends):
                    answers = await self._link.ask(partial(self._answers, [each.question for each in batch]))
            except Exception as error:  # noqa: BLE001 - whatever it is, it is theirs: else they would wait for ever
                if is_waited_for:
                    self._link.count_late()
                # Who waits for the next trip has waited as long as these did, and it would not fare better.
                self._refuse(batch + self._taken(len(self._waiting)), error)
            else:
                for waiting, answer in zip(batch, answers, strict=True):
                    if not waiting.answer.done():
                        waiting.answer.set_result(answer)

    async def _answers(self, questions: Sequence[Question], client: Redis) -> Sequence[Any]:
        """One trip; a second one where Redis does not know a script yet, as after it was started anew."""
        answers = await self._send(client, questions)
        unknown = [place for place, answer in enumerate(answers) if isinstance(answer, NoScriptError)]
        if unknown:
            for text in {questions[place].script.text for place in unknown}:
                await client.script_load(text)
            again = await self._send(client, [questions[place] for place in unknown])
            for place, answer in zip(unknown, again, strict=True):
                answers[place] = answer
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        return answers

    async def _send(self, client: Redis, questions: Sequence[Question]) -> list[Any]:
        """All of them at once, and their answers in order; what Redis refuses is an answer too.

        Past the client's pipeline, which spends several times what there is to do: it looks for commands that need
        something else, encodes each argument by itself, and gives each answer a deadline. The trip has one, and the
        client closes a connection on which it was cut short, so that no answer meets a later question.
        """
        if is_cluster(client):
            pipeline: Any = client.pipeline(transaction=False)
            for script, key, arguments in questions:
                pipeline.execute_command("EVALSHA", script.digest, 1, key, *arguments)
            told: list[Any] = await pipeline.execute(raise_on_error=False)
            return told
        await self._connect(client.connection_pool)
        calls = _calls(questions)
        await self._connection.send_packed_command(
            b"".join([_packed([questions[place] for place in places]) for places in calls]), check_health=False
        )
        if _was_told_to_stop():
            await self._connection.disconnect(nowait=True)
            raise TimeoutError
        answers: list[Any] = [None] * len(questions)
        for places in calls:
            answer = await _read(self._connection)
            is_of_many = questions[places[0]].script.of_many and isinstance(answer, bytes)
            for place, word in zip(places, answer.split() if is_of_many else repeat(answer), strict=False):
                answers[place] = word
        return answers

    async def _connect(self, pool: Any) -> None:
        """Have a connection on which nothing was left behind. A step of connecting has a deadline of its own; what is
        sent and read on it has that of the trip.
        """
        kept = self._connection
        if kept is None:
            self._connection = kept = await pool.get_connection()
            self._step_seconds = kept.socket_timeout
        elif kept.is_connected and not await kept.can_read():
            return
        else:
            kept.socket_timeout = self._step_seconds
            await pool.ensure_connection(kept)
        kept.socket_timeout = None

    def _taken(self, count: int) -> list[_Waiting]:
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        return batch

    def _refuse(self, batch: Sequence[_Waiting], error: Exception) -> None:
        for waiting in batch:
            if not waiting.answer.done():
                waiting.answer.set_exception(error)


def _was_told_to_stop() -> bool:
    """Whether the deadline passed while something was sent, which then ended as if nothing had been.

    Up to Python 3.11 `asyncio.wait_for`, in which redis-py sends, may swallow the cancellation; to read on without
    one would be to wait for ever (github.com/python/cpython/issues/86296).
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _read(connection: Any) -> Any:
    try:
        return await connection.read_response(timeout=math.inf)
    except ResponseError as error:
        return error


def _calls(questions: Sequence[Question]) -> Sequence[Sequence[int]]:
    """The places of the questions that each call asks, in the order in which they came."""
    calls: dict[Script | int, list[int]] = {}
    for place, question in enumerate(questions):
        calls.setdefault(question.script if question.script.of_many else place, []).append(place)
    return list(calls.values())


def _packed(questions: Sequence[Question]) -> bytes:
    """One call as Redis reads it (redis.io/docs/latest/develop/reference/protocol-spec)."""
    script = questions[0].script
    count = 3 + sum(1 + len(question.arguments) for question in questions)
    parts = [b"*%d\r\n" % count, script.call, _packed_words((len(questions),))]
    parts += [_packed_key(question.key) for question in questions]
    parts += [_packed_words(question.arguments) for question in questions]
    return b"".join(parts)


@lru_cache(maxsize=4096)
def _packed_key(key: str) -> bytes:
    return b"$%d\r\n%b\r\n" % (len(key), key.encode("ascii"))


@lru_cache(maxsize=1024)
def _packed_words(words: tuple[str | int, ...]) -> bytes:
    """Kept, since the limits of a shop are few."""
    encoded = [str(word).encode() for word in words]
    return b"".join([b"$%d\r\n%b\r\n" % (len(word), word) for word in encoded])
