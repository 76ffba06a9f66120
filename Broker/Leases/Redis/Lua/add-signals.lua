#!lua
-- KEYS  1 signals  2 signalled resources
-- ARGV  1 half-life  2 how long to keep them (both in ms)  3 resources at most  4 issues  5 denials  6 violations  7 failures
--       8… marks of resources
-- Returns the levels, as texts: {issues, denials, resources, violations, failures}.
-- Promise: what two brokers add is added up, whichever is first. Repeated it counts twice, so it is not.
local now = clock()
local level = levels(KEYS[1], now, ARGV[1])
for i, name in ipairs(SIGNALS) do
  level[i] = level[i] + tonumber(ARGV[3 + i])
  redis.call('HSET', KEYS[1], name, level[i])
end
redis.call('HSET', KEYS[1], 'time', now)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
if ARGV[8] then
  for i = 8, #ARGV do
    redis.call('ZADD', KEYS[2], now, ARGV[i])
  end
  redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -1 - tonumber(ARGV[3]))
  redis.call('PEXPIRE', KEYS[2], ARGV[2])
end
return told(level, resources(KEYS[2], now, ARGV[1]))
