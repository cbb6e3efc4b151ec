"""A gateway that takes every card, and its time: what `bench payments` pays at."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import uvloop

from shopcore.testing.stripe_double.forms import decode
from shopcore.testing.stripe_double.keys import Answer
from shopcore.testing.stripe_double.server import read_request, rendered

ANSWERS_IN = 0.2  # seconds, each call
NOTHING = {"object": "list", "data": [], "has_more": False}  # whatever a worker's reconciliation asks it to list


async def serve_gateway() -> None:
    """Just enough of Stripe, and slow: it says its port, and serves until it is killed."""
    intents: dict[str, dict[str, Any]] = {}
    numbers = count(1)

    def answered(path: str, body: str) -> dict[str, Any]:
        *_, last = path.split("/")
        if last == "confirm":
            intent = intents.pop(path.split("/")[-2])
            return intent | {"status": "succeeded", "amount_received": intent["amount"]}
        asked = decode(body)
        name = f"pi_bench{next(numbers)}"
        intents[name] = {
            "id": name,
            "object": "payment_intent",
            "amount": int(asked["amount"]),
            "currency": asked["currency"],
            "metadata": asked["metadata"],
            "status": "requires_payment_method",
        }
        return intents[name]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (request := await read_request(reader)) is not None:
            await asyncio.sleep(ANSWERS_IN)
            said = NOTHING if request.method == "GET" else answered(request.path, request.body)
            body = json.dumps(said).encode()
            writer.write(rendered(Answer(200, body), "req_bench", request.headers.get("idempotency-key")))

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    sys.stdout.write(f"{listening.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await listening.serve_forever()


@contextmanager
def gateway() -> Iterator[tuple[str, int]]:
    """Where it answers, and its pid."""
    command = [sys.executable, "-m", "tests.load.slow_gateway"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}", process.pid
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


if __name__ == "__main__":
    uvloop.run(serve_gateway())
