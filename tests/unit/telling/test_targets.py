"""Nobody makes the shop connect to what only its machine can reach: by address, name, redirect or change of DNS."""

import asyncio
import ipaddress
import socket
from collections.abc import Sequence

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from tests.receivers import Receiver, receiving

from shopcore.adapters.aiohttp.targets import CheckedNames, TargetRefused, Targets
from shopcore.adapters.aiohttp.webhooks import opened
from shopcore.webhooks.model import Answer

pytestmark = pytest.mark.anyio

INSIDE = (
    "127.0.0.1",
    "127.8.9.10",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "fe80::1",
    "fec0:0:0:ffff::1",
    "192.88.99.1",
    "192.0.0.9",
    "fc00::1",
    "fd12:3456::1",
    "ff02::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "2001:0:7f00:1::",
)
OUTSIDE = ("8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808")
NOT_PUBLIC = "its address is not public, and in no network of WEBHOOK_NETWORKS"


class Names(CheckedNames):
    """A DNS that a test owns: each look-up takes the next answer, and the last one stays."""

    def __init__(self, targets: Targets, *answers: Sequence[str]) -> None:
        super().__init__(targets)
        self.answers = list(answers)
        self.looked_up = 0

    async def look_up(self, host: str, port: int, family: socket.AddressFamily) -> Sequence[tuple[int, str]]:
        self.looked_up += 1
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [(socket.AF_INET, address) for address in found]


async def sent(url: str, *networks: str, names: CheckedNames | None = None) -> Answer:
    async with opened(networks, names=names) as sender:
        return await sender.send(url, {"webhook-id": "evt_1"}, b"{}")


@pytest.mark.parametrize("address", INSIDE)
def test_what_is_not_public_is_refused(address: str) -> None:
    with pytest.raises(TargetRefused):
        Targets().require(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_what_is_public_is_not(address: str) -> None:
    Targets().require(address)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_no_other_when_it_is_wrapped(address: ipaddress.IPv4Address) -> None:
    """By any of the ways in which IPv6 carries one."""
    number = int(address)
    wrapped = (
        str(ipaddress.IPv6Address((0xFFFF << 32) | number)),
        str(ipaddress.IPv6Address((0x64FF9B << 96) | number)),
    )

    assert {allowed(str(address))} == {allowed(each) for each in wrapped}


def allowed(address: str) -> bool:
    try:
        Targets().require(address)
    except TargetRefused:
        return False
    return True


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "127.1", "2130706433", "0"])
async def test_this_machine_is_not_reached_by_any_of_its_names(receiver: Receiver, host: str) -> None:
    port = receiver.url.rpartition(":")[2].partition("/")[0]
    answer = await sent(f"http://{host}:{port}/")

    assert answer.status is None
    assert not receiver.taken


async def test_a_network_that_is_allowed_is_reached(receiver: Receiver) -> None:
    assert (await sent(receiver.url, "127.0.0.1")).status == 204


async def test_a_name_with_one_address_inside_is_refused_whole(receiver: Receiver) -> None:
    port = receiver.url.rpartition(":")[2].partition("/")[0]
    names = Names(Targets(), ["8.8.8.8", "127.0.0.1"])
    answer = await sent(f"http://erp.example.org:{port}/", names=names)

    assert answer.problem == NOT_PUBLIC
    assert not receiver.taken


async def test_a_name_that_changes_is_looked_up_and_checked_each_time(receiver: Receiver) -> None:
    """What was allowed at first is not what is connected to later."""
    async with receiving("127.0.0.2") as other:
        port = receiver.url.rpartition(":")[2].partition("/")[0]
        names = Names(Targets(["127.0.0.1"]), ["127.0.0.1"], ["127.0.0.2"])
        receiver.headers = {"connection": "close"}
        async with opened(["127.0.0.1"], names=names) as sender:
            first, second = [
                await sender.send(f"http://erp.example.org:{port}/", {"webhook-id": "evt_1"}, b"{}") for _ in range(2)
            ]

        assert (first.status, second.problem) == (204, NOT_PUBLIC)
        assert (len(receiver.taken), other.taken, names.looked_up) == (1, [], 2)


async def test_the_address_that_is_connected_to_is_checked_even_if_the_names_were_not(receiver: Receiver) -> None:
    """A resolver that lets everything pass changes nothing."""
    port = receiver.url.rpartition(":")[2].partition("/")[0]
    careless = Names(Targets(["0.0.0.0/0"]), ["127.0.0.1"])
    answer = await sent(f"http://erp.example.org:{port}/", names=careless)

    assert answer.status is None
    assert not receiver.taken


async def test_a_redirect_leads_nowhere(receiver: Receiver) -> None:
    async with receiving("127.0.0.2") as inner:
        receiver.status, receiver.headers = 302, {"location": inner.url}

        assert (await sent(receiver.url, "127.0.0.0/8")).status == 302
        assert not inner.taken


async def test_who_does_not_answer_is_not_waited_for_long(receiver: Receiver) -> None:
    never = asyncio.Event()  # until the test is over

    async def silent(_request: web.Request) -> web.StreamResponse:
        await never.wait()
        return web.Response()

    receiver.answering = silent
    async with opened(["127.0.0.0/8"], seconds=0.2) as sender:
        answer = await sender.send(receiver.url, {}, b"")
    never.set()

    assert answer == Answer(problem="it did not answer in time")


async def test_who_is_not_there_is_an_answer() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and not listening
        port = taken.getsockname()[1]

        assert await sent(f"http://127.0.0.1:{port}/", "127.0.0.0/8") == Answer(problem="no connection")


async def test_what_comes_goes_out_as_it_is(receiver: Receiver) -> None:
    async with opened(["127.0.0.0/8"]) as sender:
        await sender.send(receiver.url, {"webhook-id": "evt_1"}, b'{"a": 1}')

    (taken,) = receiver.taken
    assert (taken.id, taken.body, taken.headers["content-type"]) == ("evt_1", b'{"a": 1}', "application/json")
