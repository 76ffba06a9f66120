#!lua
-- KEYS  1 lease  2 task  3 due  4 kills
-- ARGV  1 id  2 new end  3 what the renewal is allowed on; empty leaves what it was  4… selectors that would cover it
-- Returns {renewed 0 | at its maximum 1 | not active 2, lease} | {not found 3}.
-- Promise: never past the maximum, never earlier than it was, never after its end or against an order.
local now = clock()
local lease = read(KEYS[1])
if not lease then
  return { 3 }
end
if lease.state ~= ACTIVE or lease.expires <= now or covered(KEYS[4], 4, now) then
  return { 2, reply(lease) }
end
if lease.expires >= lease.max then
  return { 1, reply(lease) }
end
if ARGV[3] ~= '' then
  redis.call('HSET', KEYS[1], 'basis', ARGV[3])
end
local expires = math.min(tonumber(ARGV[2]), lease.max)
if expires > lease.expires then
  lease.expires = expires
  redis.call('HSET', KEYS[1], 'expires', expires)
  redis.call('ZADD', KEYS[3], expires, ARGV[1])
  touch(KEYS[2])
end
return { 0, reply(lease) }
