#!lua
-- KEYS  1 delegation
-- ARGV  1 names the use
-- Returns used 0 | over 1 | used up 2.
-- Promise: never more than it has, whoever asks at once. A use that was the last to be counted is not counted again.
if not holds_until(KEYS[1], clock()) then
  return 1
end
local count = redis.call('HMGET', KEYS[1], 'max', 'used', 'last')
if count[3] == ARGV[1] then
  return 0
end
local max = tonumber(count[1])
if max > 0 and tonumber(count[2]) >= max then
  return 2
end
redis.call('HINCRBY', KEYS[1], 'used', 1)
redis.call('HSET', KEYS[1], 'last', ARGV[1])
return 0
