"""Encoded pages that servers make for each other."""

from shopcore.adapters.redis.batches import Batches, Question, Script
from shopcore.adapters.redis.keys import PAGE_LIFETIME, Keys
from shopcore.adapters.redis.link import Link
from shopcore.kernel.errors import Unavailable
from shopcore.operations.ports import SharedPage

MAX_BYTES = 256 * 1024  # of one page: longer ones cost more to carry than to make
_LIFETIME_MS = round(PAGE_LIFETIME.total_seconds() * 1000)

# The time of Redis is the only one that counts: a page ends a second after its maker looked for it in vain, so that
# neither the clocks of servers nor the time that answers take can make it older.
_FIND = Script("""
local page = redis.call('GET', KEYS[1])
if page then return {page, redis.call('PTTL', KEYS[1])} end
local time = redis.call('TIME')
return {false, time[1] * 1000 + math.floor(time[2] / 1000)}
""")


class RedisPages:
    """Pages in Redis, each under a key with its own end."""

    def __init__(self, link: Link, batches: Batches, keys: Keys) -> None:
        self._link = link
        self._batches = batches
        self._keys = keys

    async def find(self, key: bytes, revision: int) -> SharedPage:
        """See the port."""
        try:
            content, number = await self._batches.ask(Question(_FIND, self._keys.page(key, revision), ()))
        except Unavailable:
            return SharedPage()
        if content is None:
            return SharedPage(looked_at=number)
        return SharedPage(content=content, age_seconds=(_LIFETIME_MS - max(number, 0)) / 1000)

    async def keep(self, key: bytes, revision: int, content: bytes, looked_at: int | None) -> None:
        """See the port."""
        if looked_at is None or len(content) > MAX_BYTES:
            return
        name, end = self._keys.page(key, revision), looked_at + _LIFETIME_MS
        try:
            await self._link.ask(lambda client: client.set(name, content, pxat=end))
        except Unavailable:
            return
