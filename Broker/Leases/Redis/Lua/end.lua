#!lua flags=allow-oom
-- KEYS  1 lease  2 task  3 due
-- ARGV  1 id  2 cause
-- Returns {ended by this call 1 | ended before 0, lease}; false when it is unknown.
-- Promise: the first cause stands.
local now = clock()
local lease = read(KEYS[1])
if not lease then
  return false
end
local closed, at_due = close(lease, tonumber(ARGV[2]), now)
if closed then
  save(KEYS[1], lease)
  redis.call('ZADD', KEYS[3], at_due, ARGV[1])
  touch(KEYS[2])
end
return { closed and 1 or 0, reply(lease) }
