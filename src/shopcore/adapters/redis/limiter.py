"""Rate limits that all processes of a shop share."""

from contextlib import suppress
from datetime import datetime

from shopcore.adapters.redis.batches import Batches, Question, Script
from shopcore.adapters.redis.keys import Keys
from shopcore.kernel.errors import Unavailable
from shopcore.operations.ports import Allowance, RateLimiter

SLICES = 32  # of a window; a hit counts for a window and at most one slice

# What is said of a hit is one number, which is read in a fraction of the time that a list of three takes:
# whether it passed, in the lowest bit; then how many more may, below `_ROOM`; then the milliseconds until that changes.
# A number of Lua has 53 bits, which is room for limits of four million and windows of twelve days.
_ROOM = 2**22

# The hits of one caller are a hash: the number of a slice of time, and how many hits passed in it. A slice is in sight
# until a whole window has passed since its end, so that no window ever sees more hits than the limit.
_HIT = Script(
    """
local slices, room, clock = SLICES, ROOM, nil

local function now_of(told)
  if told ~= '' then return tonumber(told) end
  if not clock then
    local time = redis.call('TIME')
    clock = time[1] * 1000 + math.floor(time[2] / 1000)
  end
  return clock
end

local function hit(key, limit, window, now)
  local width = window / slices
  local slice = math.floor(now / width)
  local counted, seen, gone = 0, {}, {}
  local held = redis.call('HGETALL', key)
  for i = 1, #held, 2 do
    local at = tonumber(held[i])
    if at < slice - slices or at > slice + slices then
      gone[#gone + 1] = held[i]
    else
      counted = counted + held[i + 1]
      seen[#seen + 1] = {at, tonumber(held[i + 1])}
    end
  end
  table.sort(seen, function(one, other) return one[1] < other[1] end)

  local function until_gone(at) return math.ceil((at + 1 + slices) * width - now) end

  if counted >= limit then
    local left, wait = counted, slices * width
    for _, each in ipairs(seen) do
      if left < limit then break end
      left = left - each[2]
      wait = until_gone(each[1])
    end
    return math.ceil(wait) * room * 2
  end
  if #gone > 0 then redis.call('HDEL', key, unpack(gone)) end
  redis.call('HINCRBY', key, string.format('%.0f', slice), 1)
  redis.call('PEXPIRE', key, math.ceil((slices + 2) * width))
  return until_gone(seen[1] and seen[1][1] or slice) * room * 2 + (limit - counted - 1) * 2 + 1
end

local told = {}
for i, key in ipairs(KEYS) do
  local limit, window, now = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1]), now_of(ARGV[3 * i])
  told[i] = string.format('%.0f', hit(key, limit, window, now))
end
return table.concat(told, ' ')
""".replace("ROOM", str(_ROOM)).replace("SLICES", str(SLICES)),
    of_many=True,
)

_FORGET = Script("return redis.call('DEL', KEYS[1])")


class RedisLimiter:
    """A sliding window per key, exact over all processes: in no window do more than `limit` hits pass.

    The time is that of Redis, so that servers need not agree on it; `by_callers_time` takes the `now` of each hit
    instead, for simulations. While Redis is gone, `fallback` limits each process by itself.
    """

    def __init__(self, batches: Batches, keys: Keys, fallback: RateLimiter, *, by_callers_time: bool = False) -> None:
        self._batches = batches
        self._keys = keys
        self._fallback = fallback
        self._by_callers_time = by_callers_time
        self.fallen_back = 0

    async def hit(self, key: str, limit: int, window_seconds: float, now: datetime) -> Allowance:
        """Count one hit, if it is allowed."""
        window = max(1, round(window_seconds * 1000))
        time = int(now.timestamp() * 1000) if self._by_callers_time else ""
        question = Question(_HIT, self._keys.limit(key, window_seconds), (limit, window, time))
        try:
            told = await self._batches.ask(question)
        except Unavailable:
            self.fallen_back += 1
            return await self._fallback.hit(key, limit, window_seconds, now)
        reset, left = divmod(int(told), _ROOM * 2)
        return Allowance(allowed=bool(left & 1), limit=limit, remaining=left >> 1, reset_seconds=reset / 1000)

    async def forget(self, key: str, window_seconds: float) -> None:
        """See the port. What was counted while Redis was gone is forgotten too."""
        await self._fallback.forget(key, window_seconds)
        with suppress(Unavailable):
            await self._batches.ask(Question(_FORGET, self._keys.limit(key, window_seconds), ()))
