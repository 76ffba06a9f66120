#!lua flags=allow-oom
-- KEYS  1 due  2 retries
-- ARGV  1 how many at most
-- Returns how many are due now that were not.
-- Promise: what is claimed, gone or forgotten is left alone: a claim takes a lease out of the retries, and nothing comes into due here.
local now = clock()
-- Those are due by themselves.
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
local waiting = redis.call('ZRANGE', KEYS[2], '(' .. now, '+inf', 'BYSCORE', 'LIMIT', 0, ARGV[1])
local pulled = 0
for _, id in ipairs(waiting) do
  pulled = pulled + redis.call('ZADD', KEYS[1], 'XX', 'CH', now, id)
  redis.call('ZREM', KEYS[2], id)
end
return pulled
