"""What is shown of an address: its servers, and nothing of its password, whatever signs that has."""

import pytest
from pymongo.uri_parser import parse_uri

from shopcore.adapters.mongo.connection import hosts_of


@pytest.mark.parametrize("password", ["hunter2", "hunter2#", "hunter2#[", "[hunter2", "hunter2%40", ""])
@pytest.mark.parametrize("rest", ["", "/", "/shop", "/?retryReads=true", "/shop?authSource=me@here", "?tls=true"])
def test_the_servers_are_shown_as_the_driver_reads_them(password: str, rest: str) -> None:
    """Each of these addresses is one that the driver takes."""
    url = f"mongodb://ada:{password}@db1:27017,db2:27018{rest}"

    assert [f"{host}:{port}" for host, port in parse_uri(url)["nodelist"]] == hosts_of(url).split(",")


def test_an_address_without_a_user_is_shown_whole() -> None:
    """Neither its database nor its options belong to it."""
    assert hosts_of("mongodb://[::1]:27017/shop?authSource=me@here") == "[::1]:27017"
