#!lua
-- KEYS  1 lease  2 task  3 due
-- ARGV  1 id  2 new end
-- Returns 1; 0 when nothing changed.
-- Promise: only what is active is stretched, though its end be over: a claim that came before has ended it. Never past the maximum.
local lease = read(KEYS[1])
if not lease or lease.state ~= ACTIVE then
  return 0
end
local expires = math.min(tonumber(ARGV[2]), lease.max)
if expires <= lease.expires then
  return 0
end
redis.call('HSET', KEYS[1], 'expires', expires)
redis.call('ZADD', KEYS[3], expires, ARGV[1])
touch(KEYS[2])
return 1
