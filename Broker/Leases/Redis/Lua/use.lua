#!lua
-- KEYS  1 used
-- ARGV  1 this use, of which there is one only  2 until, in ms
-- Returns 1 when this is the use that counts, 0 when another was, or when its time is over.
-- Promise: one use of a key counts, whenever and however often each is sent. What was used is forgotten when its time is over.
local left = tonumber(ARGV[2]) - clock()
if left <= 0 then
  return 0
end
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', left) then
  return 1
end
return redis.call('GET', KEYS[1]) == ARGV[1] and 1 or 0
