"""From `REDIS_URL` to a client: of one server, or of a Redis Cluster."""

from typing import Any, cast
from urllib.parse import urlsplit

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.client import PubSub
from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.connection import SSLConnection, parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError  # noqa: A004 - redis-py retries its own alone

CLUSTER = "+cluster"
CONNECTIONS = 8  # of one process, to each server; together they carry more questions than its event loop can ask

_NEVER_AGAIN = Retry(NoBackoff(), 0)
_A_FEW_TIMES = Retry(NoBackoff(), 3)  # a cluster's client finds out by failing that a server was lost
_NAME = "shopcore"
_DEFAULT_PORT = 6379


def connect(url: str, step_seconds: float) -> Redis:
    """A client that never tries twice: whoever asks has something else to do. Nothing is connected yet.

    That of a cluster is used by what both kinds have, so it goes by the type of the other; a pipeline of it takes
    each command to the server that has its key, and follows keys that move.
    """
    if CLUSTER + "://" in url:
        return cast("Redis", _cluster(url, step_seconds))
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=CONNECTIONS,
        timeout=step_seconds,
        socket_timeout=step_seconds,
        socket_connect_timeout=step_seconds,
        retry=_NEVER_AGAIN,
        protocol=2,
        client_name=_NAME,
    )
    return Redis.from_pool(pool)


def is_cluster(client: Redis) -> bool:
    """Whether a client is that of a cluster."""
    return isinstance(client, RedisCluster)


async def subscription(client: Redis) -> PubSub:
    """For hearing what is published. A cluster's client finds out where that is before the first thing it is asked."""
    told: object = client
    if isinstance(told, RedisCluster):
        _ = await told.initialize()
    return client.pubsub()


def addresses(url: str) -> list[tuple[str, int]]:
    """The hosts and ports that a URL names, of which a cluster's may have several. Raises `ValueError`."""
    parts = urlsplit(url)
    hosts = [urlsplit(f"//{each}") for each in parts.netloc.rpartition("@")[2].split(",")]
    return [(each.hostname or "", _DEFAULT_PORT if each.port is None else each.port) for each in hosts]


class _Cluster(RedisCluster):
    """A client that takes a connection that was closed under a question for one that was lost, and asks again.

    When one question fails, redis-py (8.1) closes the idle connections of that server, also one that another question
    has just taken; that question then ends in an `AttributeError` instead of a `ConnectionError`.
    """

    async def _execute_command(self, target_node: ClusterNode, *args: Any, **kwargs: Any) -> Any:
        try:
            return await super()._execute_command(target_node, *args, **kwargs)
        except AttributeError as error:
            raise ConnectionError("the connection was closed under a question") from error


def _cluster(url: str, step_seconds: float) -> RedisCluster:
    scheme, _, rest = url.replace(CLUSTER, "", 1).partition("://")
    login, at, _ = urlsplit(url).netloc.rpartition("@")
    options: dict[str, Any] = dict(parse_url(f"{scheme}://{login}{at}host?{urlsplit(rest).query}"))
    return _Cluster(
        startup_nodes=[ClusterNode(host, port) for host, port in addresses(url)],
        ssl=options.pop("connection_class", None) is SSLConnection,
        max_connections=CONNECTIONS,
        socket_timeout=step_seconds,
        socket_connect_timeout=step_seconds,
        retry=_A_FEW_TIMES,
        protocol=2,
        client_name=_NAME,
        **{name: value for name, value in options.items() if name != "host"},
    )
