#!lua flags=allow-oom
-- KEYS  1 denied  2 denied by their end  3 version
-- ARGV  1 lease's id  2 until, in ms
-- Returns 1 when the list grew, 0 when the lease was on it or its time is over.
-- Promise: the version grows with each entry, also past what it was before the list was set back, as long as the clock was not. A few that timed
-- out go with each that comes.
local now = clock()
local past = redis.call('ZRANGE', KEYS[2], '-inf', now, 'BYSCORE', 'LIMIT', 0, 100)
if #past > 0 then
  redis.call('HDEL', KEYS[1], unpack(past))
  redis.call('ZREM', KEYS[2], unpack(past))
end
if tonumber(ARGV[2]) <= now or redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then
  return 0
end
redis.call('HSET', KEYS[1], ARGV[1], now .. ' ' .. ARGV[2])
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
local version = math.max(tonumber(redis.call('GET', KEYS[3]) or 0) + 1, now)
redis.call('SET', KEYS[3], string.format('%.0f', version))
return 1
