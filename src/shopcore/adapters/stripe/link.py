"""The way to Stripe: the official client, one deadline for each question, few retries, a pace and a breaker."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, TypeVar

import stripe
import structlog
from stripe import AIOHTTPClient, StripeClient

from shopcore.adapters.stripe.errors import Broken, Busy, KeyRefused, Lost, told
from shopcore.adapters.stripe.pace import Pace
from shopcore.jobs.ports import Chance
from shopcore.kernel.breaker import Breaker
from shopcore.kernel.deadline import seconds_left
from shopcore.payments.errors import GatewayLocked, GatewayUnavailable

API_VERSION = "2026-10-28.endive"
"""Pinned: what Stripe changes in a newer version changes nothing here until this line does."""

NAME = "stripe"
_PAUSES = (0.1, 0.4)  # seconds before the second and the third try of what may have failed by chance
_LONGEST_PAUSE = 0.8  # while the same request is being carried out for somebody else

T = TypeVar("T")

_log = structlog.get_logger("shop.stripe")


class Response(Protocol):
    """What the client keeps of an answer."""

    @property
    def body(self) -> str:
        """As it came."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """As they came."""
        ...


class Answered(Protocol):
    """An object of the client."""

    @property
    def last_response(self) -> Response | None:
        """The answer that it came with."""
        ...


@dataclass(frozen=True, slots=True)
class _AsItCame:
    last_response: Response


Question: TypeAlias = Callable[[StripeClient], Awaitable[Answered]]


class Link:
    """Asks Stripe. Every question that changes something MUST carry a key, for it may be put more than once."""

    def __init__(
        self,
        client: StripeClient,
        chance: Chance,
        *,
        deadline: float,
        calls_per_second: int,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._chance = chance
        self._deadline = deadline
        self._now = now
        self._pace = Pace(calls_per_second, now)
        self._breaker = Breaker(now)

    @property
    def is_closed(self) -> bool:
        """Whether a question would not be put at this moment."""
        return self._breaker.is_resting

    async def ask(self, question: Question) -> Response:
        """Put a question, until the caller's deadline or the link's own, whichever is earlier.

        Raises `Refused`, `Broken` where Stripe will answer no differently, or `GatewayUnavailable`, which is
        `GatewayLocked` where the key was refused before anything could be done.
        """
        ends = self._now() + seconds_left(self._deadline, self._now())
        tries = 0
        while True:
            try:
                return await self._once(question, ends)
            except KeyRefused as failure:
                _log.error("stripe_key_refused", advice="STRIPE_SECRET_KEY is not valid, or lacks a permission")
                raise (GatewayUnavailable(NAME) if tries else GatewayLocked(NAME)) from failure
            except (Lost, Busy) as failure:
                if isinstance(failure, Broken) and failure.is_kept:
                    raise
                pause = self._pause(failure, tries)
                if pause is None or self._now() + pause >= ends:
                    raise GatewayUnavailable(NAME) from failure
            await asyncio.sleep(pause)
            tries += 1

    async def read(self, path: str, asked: Mapping[str, Any]) -> str:
        """What is there, as it came: the client's own objects of a long list take longer than all else about it. Raises
        as `ask` does.
        """

        async def question(client: StripeClient) -> Answered:
            return _AsItCame(await client.raw_request_async("get", path, **asked))

        return (await self.ask(question)).body

    async def _once(self, question: Question, ends: float) -> Response:
        if self._breaker.is_open and not self._breaker.may_look():
            raise GatewayUnavailable(NAME)
        try:
            await self._pace.turn(ends - self._now())
        except TimeoutError as error:  # the queue is the shop's own, and tells nothing of Stripe
            raise GatewayUnavailable(NAME) from error
        left = ends - self._now()
        try:
            async with asyncio.timeout(left):
                answer = await question(self._client)
        except TimeoutError as error:
            if left >= self._deadline * 0.9:  # else it was the caller's time that ended, which tells nothing
                self._failed()
            raise GatewayUnavailable(NAME) from error
        except stripe.StripeError as error:
            meaning = told(error)
            if isinstance(meaning, Lost):
                self._failed()
            else:
                self._worked()
            raise meaning from error
        except Exception as error:  # the client passes on whatever breaks while an answer is read
            _log.warning("stripe_answer_broken_off", error=type(error).__name__)
            self._failed()
            raise Lost from error
        self._worked()
        assert answer.last_response is not None
        return answer.last_response

    def _pause(self, failure: Lost | Busy, tries: int) -> float | None:
        """How long to wait after so many tries; None to give up."""
        if isinstance(failure, Busy) and failure.is_in_use:
            return min(0.05 * 2.0**tries, _LONGEST_PAUSE) * (0.5 + self._chance.fraction())
        return _PAUSES[tries] * (0.5 + self._chance.fraction()) if tries < len(_PAUSES) else None

    def _failed(self) -> None:
        if self._breaker.failed():
            _log.warning("stripe_lost", meanwhile="payments wait, and are looked up later")

    def _worked(self) -> None:
        if self._breaker.worked():
            _log.info("stripe_back")


def is_replayed(response: Response) -> bool:
    """Whether it is what was answered to the first request under this key, and so may be old."""
    return response.headers.get("idempotent-replayed") == "true"


@asynccontextmanager
async def connected(
    secret_key: str, chance: Chance, *, api_base: str, deadline: float, calls_per_second: int
) -> AsyncGenerator[Link]:
    """A link, for as long as the shop is open. Nothing is connected yet, so a Stripe that is down stops nobody."""
    http = AIOHTTPClient(timeout=deadline)
    client = StripeClient(
        secret_key,
        stripe_version=API_VERSION,
        base_addresses={"api": api_base},
        http_client=http,
        max_network_retries=0,
    )
    try:
        yield Link(client, chance, deadline=deadline, calls_per_second=calls_per_second)
    finally:
        await http.close_async()  # type: ignore[no-untyped-call]
